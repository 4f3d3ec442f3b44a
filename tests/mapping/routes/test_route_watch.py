"""A route at work can be watched, and does the same as one that is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.base import Value
from receiver.mapping import RouteTable, ValueLookup
from receiver.mapping.language.compiler import Evaluate
from tests.mapping.sample_routes import contact, context, route
from tests.settings.configs import SANDBOX, loaded


@dataclass
class Notes:
    """Where the watch was put in, and what was asked of it."""

    places: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def condition(self, where: str, test: Evaluate) -> Evaluate:
        return self._noting(f"when {where}", test)

    def key(self, where: str, key: Evaluate) -> Evaluate:
        return self._noting(f"key {where}", key)

    def default(self, where: str, default: Evaluate) -> Evaluate:
        return self._noting(f"default {where}", default)

    def lookup(
        self, where: str, entries: Mapping[str, Value], names: ValueLookup, found: ValueLookup
    ) -> ValueLookup:
        self.places.append(f"map {where} {', '.join(entries)}")
        return NotedLookup(self, names, found)

    def _noting(self, what: str, value: Evaluate) -> Evaluate:
        self.places.append(what)

        def evaluate(scope: Any) -> Any:
            self.asked.append(what)
            return value(scope)

        return evaluate


@dataclass
class NotedLookup:
    notes: Notes
    names: ValueLookup
    found: ValueLookup

    def find(self, result: Any) -> Value | None:
        self.notes.asked.append(f"entry {self.names.find(result)}")
        return self.found.find(result)


ROUTES = route(
    "order.placed",
    contact(
        """when = "{{ order.total > 0 }}"
fields.a = { value = "{{ order.status }}", map = { "COMP*" = "won", failed = "lost" } }
fields.b = { value = "{{ order.currency }}", map = { EUR = "e" }, default = "other", when = true }
fields.c = { value = "{{ order.id }}", when = "{{ order.total > 1000 }}" }
"""
    ),
)
UPSERT = "routes[0].upsert[0]"


def test_all_that_can_be_reached_is_watched(tmp_path: Path) -> None:
    """By its place; constants are no conditions."""
    notes = Notes()
    RouteTable.compile(loaded(tmp_path, SANDBOX + ROUTES), watch=lambda _placed: notes)
    assert sorted(notes.places) == [
        f"default {UPSERT}.fields.b.default",
        f"key {UPSERT}",
        f"map {UPSERT}.fields.a.map COMP*, failed",
        f"map {UPSERT}.fields.b.map EUR",
        f"when {UPSERT}.fields.c.when",
        f"when {UPSERT}.when",
    ]


def test_a_watched_route_writes_the_same(tmp_path: Path) -> None:
    """And the watch is asked as often as the route."""
    settings, notes = loaded(tmp_path, SANDBOX + ROUTES), Notes()
    watched = RouteTable.compile(settings, watch=lambda _placed: notes)
    event = ("box", "springfield", "order.placed", context("order.placed"))
    assert watched.render(*event) == RouteTable.compile(settings).render(*event)
    assert notes.asked == [
        f"when {UPSERT}.when",
        f"key {UPSERT}",
        "entry COMP*",
        "entry None",
        f"default {UPSERT}.fields.b.default",
        f"when {UPSERT}.fields.c.when",
    ]
