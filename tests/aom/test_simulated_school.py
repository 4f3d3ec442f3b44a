"""The school that does not exist sends what a real one would."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from receiver.aom import EVENTS, SourceContext, read_event
from receiver.aom.simulated_school import SimulatedSchool, person_of

SITE = SourceContext("school", ZoneInfo("UTC"), "USD")
AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def school(seed: int = 1, learners: int = 30) -> SimulatedSchool:
    return SimulatedSchool(Random(seed), learners=learners, at=AT)


def test_every_payload_is_recognised_as_what_it_is() -> None:
    """On its own URL each is the named event, without a disagreement or an unknown key, about the
    person it says.
    """
    for name, payload in [*school().events(500), *school().tour()]:
        event = read_event(json.dumps(payload).encode(), SITE, name)
        assert (event.name, event.disagreement, event.unknown) == (name, None, ())
        assert event.people[0].key == person_of(payload).lower()


def test_the_tour_shows_every_event() -> None:
    """All thirteen names."""
    assert {name for name, _ in school().tour()} == set(EVENTS)


def test_the_same_seed_is_the_same_traffic() -> None:
    """And another seed another."""
    assert list(school().events(200)) == list(school().events(200))
    assert list(school(1).events(200)) != list(school(2).events(200))


def test_orders_go_forward() -> None:
    """An order is pending once, then paid, failed or refused once; only a paid one is refunded."""
    stages = defaultdict(list)
    for name, payload in school().events(3000):
        if name.startswith("order."):
            stages[payload["id"]].append(name.removeprefix("order."))
    assert set(map(tuple, stages.values())) == {
        ("pending",),
        ("pending", "placed"),
        ("pending", "failed"),
        ("pending", "refused"),
        ("pending", "placed", "refunded"),
    }
