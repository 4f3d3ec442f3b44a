"""Profiles are what a recount of all events says, whatever came in whatever order."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from receiver.delivery.rendering.event_reader import EventReader
from receiver.delivery.rendering.profile_counter import AGAIN, ProfileCounter
from receiver.inbox import CountedEvent, UncountedEvent
from receiver.ingest.validation import build_validator
from receiver.mapping import RouteTable
from tests.databases import create_database, migrated_file
from tests.delivery.rendering.school import (
    NOW,
    PEOPLE,
    SCHOOLS,
    SITES,
    Count,
    Forget,
    Post,
    Purge,
    Recount,
    School,
)
from tests.inbox.store import open_inbox
from tests.mapping.sample_routes import contact, mapping, route


@pytest.fixture(scope="module")
def profiled(tmp_path_factory: pytest.TempPathFactory) -> RouteTable:
    """A mapping that asks for profiles."""
    fields = contact('fields.x = "{{ profile.order_count }}"')
    return mapping(tmp_path_factory.mktemp("mapping"), route("*", fields))


def compare(url: str, routes: RouteTable, steps: Sequence[Post | Forget | Purge | Count]) -> None:
    async def main() -> None:
        async with open_inbox(url) as inbox:
            school = School(inbox, build_validator(SITES, routes))
            for step in steps:
                await school.step(step)
            expected = {person: Recount(school.kept, person).profile() for person in PEOPLE}
            assert await school.profiles() == expected

    asyncio.run(main())


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=SCHOOLS)
def test_profiles_are_what_a_recount_says_on_sqlite(
    profiled: RouteTable, steps: list[Post | Forget | Purge | Count]
) -> None:
    """Orders in all states, duplicates, late events, two who count, purges, and people erased."""
    with tempfile.TemporaryDirectory() as directory:
        store = Path(directory) / "store.db"
        store.write_bytes(migrated_file())
        compare(f"sqlite:///{store}", profiled, steps)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=SCHOOLS)
def test_profiles_are_what_a_recount_says_on_postgresql(
    profiled: RouteTable,
    postgresql_server: Any,
    postgresql_template: str,
    steps: list[Post | Forget | Purge | Count],
) -> None:
    """The same, where the two who count are at it at once."""
    with create_database(postgresql_server, postgresql_template) as url:
        compare(url, profiled, steps)


def in_school(routes: RouteTable, url: str, scenario: Callable[[School], Any]) -> None:
    async def main() -> None:
        async with open_inbox(url) as inbox:
            await scenario(School(inbox, build_validator(SITES, routes)))

    asyncio.run(main())


def order_of(person: str, number: int = 1, *, minute: int = 0) -> Post:
    body = {"id": number, "status": "COMPLETED", "total": 5, "customer": {"email": person}}
    return Post("order.placed", body, minute)


def test_history_counts_once_it_is_asked_for(
    profiled: RouteTable, sqlite_url: str, tmp_path: Path
) -> None:
    """What came in while the mapping asked for no profile."""
    plain = mapping(tmp_path, route("*", contact('fields.x = "{{ person.key }}"')))

    async def before(school: School) -> None:
        await school.post(order_of(PEOPLE[0]))
        assert await school.inbox.list_uncounted() == []

    async def after(school: School) -> None:
        assert (await school.profiles())[PEOPLE[0]].order_count == 1

    in_school(plain, sqlite_url, before)
    in_school(profiled, sqlite_url, after)


def test_what_another_process_missed_is_found(
    profiled: RouteTable, sqlite_url: str, tmp_path: Path
) -> None:
    """One that has the mapping of before accepts beside this one: its events count within an
    hour.
    """
    plain = mapping(tmp_path, route("*", contact('fields.x = "{{ person.key }}"')))

    async def scenario(school: School) -> None:
        clock = [NOW]
        counter = ProfileCounter(school.inbox, EventReader(SITES), SITES, lambda: clock[0])
        await counter.count()
        await School(school.inbox, build_validator(SITES, plain)).post(order_of(PEOPLE[0]))
        assert await counter.count() == 0
        clock[0] += AGAIN
        assert await counter.count() == 1

    in_school(profiled, sqlite_url, scenario)


def test_what_comes_in_meanwhile_waits_for_the_next_time(
    profiled: RouteTable, sqlite_url: str
) -> None:
    """Counting ends, however fast posts come in while it counts: in time, or late."""

    async def scenario(school: School) -> None:
        for number in (1, 2, 3):
            await school.post(order_of(PEOPLE[0], number, minute=number))
        original, coming = school.inbox.keep_facts, iter(range(4, 20))

        async def keep(counted: Sequence[CountedEvent], *, now: datetime) -> int:
            kept = await original(counted, now=now)
            if number := next(coming, None):
                await school.post(order_of(PEOPLE[0], number, minute=number))
                await school.post(replace(order_of(PEOPLE[1], number, minute=2), late=True))
            return kept

        # posts cannot be made to come at this moment otherwise
        school.inbox.keep_facts = keep  # type: ignore[method-assign]
        assert await school.counters[0].count() == 3
        assert await school.counters[0].count() == 2

    in_school(profiled, sqlite_url, scenario)


def test_what_cannot_be_kept_holds_up_nothing(profiled: RouteTable, sqlite_url: str) -> None:
    """The others that were to be kept with it are."""

    async def scenario(school: School) -> None:
        for number in (1, 2, 3):
            await school.post(order_of(PEOPLE[0], number, minute=number))
        first, *_ = await school.inbox.list_uncounted()
        original = school.inbox.keep_facts

        async def keep(counted: Sequence[CountedEvent], *, now: datetime) -> int:
            if any(one.event == first for one in counted):
                raise ZeroDivisionError
            return await original(counted, now=now)

        # a defect cannot be ordered otherwise
        school.inbox.keep_facts = keep  # type: ignore[method-assign]
        assert (await school.profiles())[PEOPLE[0]].order_count == 2
        assert await school.inbox.list_uncounted() == []

    in_school(profiled, sqlite_url, scenario)


def test_what_cannot_be_read_holds_up_nothing(profiled: RouteTable, sqlite_url: str) -> None:
    """An event of a site that is not configured any more, and one that our own code cannot cope
    with.
    """

    async def scenario(school: School) -> None:
        for number in (1, 2):
            await school.post(order_of(PEOPLE[0], number, minute=number))
        first, _ = await school.inbox.list_uncounted()
        broken = school.counters[0]
        original = broken._reader.read  # noqa: SLF001 - a defect cannot be ordered otherwise

        async def read(stored: UncountedEvent, site: Any) -> Any:
            if stored.event_id == first.event_id:
                raise ZeroDivisionError
            return await original(stored, site)

        broken._reader.read = read  # type: ignore[method-assign,assignment]  # noqa: SLF001
        assert (await school.profiles())[PEOPLE[0]].order_count == 1
        assert await school.inbox.list_uncounted() == []
        elsewhere = ProfileCounter(school.inbox, EventReader({}), (), lambda: NOW)
        assert await elsewhere.count() == 0  # it has no such site
        mended = ProfileCounter(school.inbox, EventReader(SITES), SITES, lambda: NOW)
        found = await mended.find([("springfield", PEOPLE[0])])
        assert found["springfield", PEOPLE[0]].order_count == 2

    in_school(profiled, sqlite_url, scenario)
