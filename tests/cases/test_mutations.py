"""Each part of a shipped mapping, changed once, makes a case fail: what the cases let through
could break without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from receiver.cases import Case, NamedThings, read_case_files, run_case
from receiver.gateway import sites_of
from receiver.mapping import (
    ConnectorAccount,
    FieldSettings,
    PlacedRoute,
    RouteTable,
    UpsertSettings,
)
from receiver.settings import Settings, load_settings
from tests.cases.shipped import MAPPINGS, ShippedMapping

CONDITION = re.compile(r" if (?P<condition>.+?) else ")
MUTANT = "changed by a mutation"
LEFT_OUT = " left out"
UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A route with one part changed; `what` says which."""

    what: str
    route: PlacedRoute
    left_out: tuple[str, str] | None = None  # an object and its field
    no_longer_made: UpsertSettings | None = None

    def is_redundant(self, routes: Sequence[PlacedRoute]) -> bool:
        """Whether what it leaves out is written of the same events by another route too, or the
        record that it makes no more is made by another upsert.
        """
        return self._is_made_elsewhere(routes) or self._is_written_elsewhere(routes)

    def _is_made_elsewhere(self, routes: Sequence[PlacedRoute]) -> bool:
        made = self.no_longer_made
        return made is not None and any(
            (one.object, one.key, one.mode) == (made.object, made.key, "upsert")
            and one is not made
            and (one.each, one.when, other.route.when) == (None, None, None)
            for other in routes
            if set(other.events) >= set(self.route.events)
            for one in other.route.upsert
        )

    def _is_written_elsewhere(self, routes: Sequence[PlacedRoute]) -> bool:
        return self.left_out is not None and any(
            other.where != self.route.where
            and set(other.events) >= set(self.route.events)
            and any(
                (upsert.object, name) == self.left_out
                for upsert in other.route.upsert
                for name in upsert.fields
            )
            for other in routes
        )


def mutants_of(one: PlacedRoute) -> Iterator[Mutant]:
    """Every field, map entry, default, condition, rule, key and link of a route, changed once."""
    if isinstance(one.route.when, str):
        when = negated(one.route.when)
        yield Mutant("when", replace(one, route=one.route.model_copy(update={"when": when})))
    for index, upsert in enumerate(one.route.upsert):
        for what, changed in changed_upserts(upsert):
            upserts = list(one.route.upsert)
            upserts[index] = changed
            route = one.route.model_copy(update={"upsert": tuple(upserts)})
            name = what.removeprefix("fields.").removesuffix(LEFT_OUT)
            left_out = (upsert.object, name) if what.endswith(LEFT_OUT) else None
            where = f"{one.where}.upsert[{index}].{what}"
            made = upsert if what == f"mode = {UPDATE}" else None
            yield Mutant(where, replace(one, route=route), left_out, made)


def changed_upserts(upsert: UpsertSettings) -> Iterator[tuple[str, UpsertSettings]]:
    """All changes of one upsert."""
    if upsert.key is not None:
        yield "key", upsert.model_copy(update={"key": f"{MUTANT} {upsert.key}"})
    if isinstance(upsert.when, str):
        yield "when", upsert.model_copy(update={"when": negated(upsert.when)})
    for mode in {"upsert", UPDATE, "create"} - {upsert.mode}:
        yield f"mode = {mode}", upsert.model_copy(update={"mode": mode})
    for link in upsert.links:
        left = tuple(one for one in upsert.links if one != link)
        yield f"links.{link}", upsert.model_copy(update={"links": left})
    for name, field in upsert.fields.items():
        without = {key: one for key, one in upsert.fields.items() if key != name}
        yield f"fields.{name}{LEFT_OUT}", upsert.model_copy(update={"fields": without})
        for what, changed in changed_fields(field):
            fields = {**upsert.fields, name: changed}
            yield f"fields.{name}{what}", upsert.model_copy(update={"fields": fields})


def changed_fields(field: FieldSettings) -> Iterator[tuple[str, FieldSettings]]:
    """All changes of one field."""
    yield ".value", field.model_copy(update={"value": MUTANT})
    if isinstance(field.value, str):
        for found in CONDITION.finditer(field.value):
            written = f" if not ({found['condition']}) else "
            value = field.value[: found.start()] + written + field.value[found.end() :]
            yield f".value, where {found['condition']}", field.model_copy(update={"value": value})
    if isinstance(field.when, str):
        yield ".when", field.model_copy(update={"when": negated(field.when)})
    for key in field.map or {}:
        entries: dict[str, Any] = {**(field.map or {}), key: MUTANT}
        yield f".map.{key}", field.model_copy(update={"map": entries})
    if field.default is not None:
        yield ".default", field.model_copy(update={"default": MUTANT})
    for what, rules in changed_rules(field):
        yield what, field.model_copy(update=rules)


def changed_rules(field: FieldSettings) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each rule taken away, or another in its place."""
    if field.overwrite != "always":
        for rule in {"always", "if_empty", "never"} - {field.overwrite}:
            yield f".overwrite = {rule}", {"overwrite": rule}
    if field.newest:
        yield ".newest", {"newest": False}
        yield ".newest by another date", {"newest": "{{ event.occurred_at | plus(days=1) }}"}
    if field.forward is not None:
        yield ".forward", {"forward": None}
        yield ".forward, turned round", {"forward": field.forward[::-1]}
    if field.append:
        yield ".append", {"append": False, "grow": False}
        yield ".grow", {"grow": not field.grow}


def negated(condition: str) -> str:
    inner = condition.strip().removeprefix("{{").removesuffix("}}")
    return f"{{{{ not ({inner}) }}}}"


def table_of(settings: Settings, routes: Sequence[PlacedRoute]) -> RouteTable:
    types = registry.types()
    accounts = {
        name: ConnectorAccount(types[one.type], one.mapping)
        for name, one in settings.connectors.items()
    }
    return RouteTable(routes, accounts, tuple(settings.sources))


def is_noticed(cases: Sequence[Case], settings: Settings, routes: Sequence[PlacedRoute]) -> bool:
    """Whether a case fails, or something is written that no case expects."""
    table, sites = table_of(settings, routes), sites_of(settings)
    results = (run_case(case, sites, table) for case in cases)
    return any(not result.passed or result.also for result in results)


@pytest.mark.parametrize("shipped", MAPPINGS, ids=lambda one: str(one.name))
def test_each_change_of_a_shipped_mapping_makes_a_case_fail(
    tmp_path: Path, shipped: ShippedMapping
) -> None:
    """Fields left out and fields of another value, each entry of a map, each default, each
    condition turned round, each rule of a field and mode of an upsert, keys and links.
    """
    settings = load_settings(shipped.write_config(tmp_path), {}, stand_ins=True)
    known = NamedThings(tuple(settings.sources), tuple(settings.connectors))
    cases = list(read_case_files([shipped.file], known))
    placed = RouteTable.compile(settings).placed
    survivors, made = [], 0
    for one in placed:
        # what else is written of the same events belongs to the same records
        beside = [other for other in placed if set(other.events) & set(one.events)]
        concerned = [case for case in cases if case.event is None or case.event in one.events]
        assert not is_noticed(concerned, settings, beside)
        for mutant in mutants_of(one):
            routes = [mutant.route if other is one else other for other in beside]
            if mutant.is_redundant(beside):
                continue
            made += 1
            if not is_noticed(concerned, settings, routes):
                survivors.append(mutant.what)
    assert made > 60
    assert "\n".join(survivors) == ""
