"""Profiles are what a recount of all events says, whatever came in whatever order."""

from __future__ import annotations

import asyncio
import json
import tempfile
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receiver.aom import Profile
from receiver.delivery.rendering.event_reader import EventReader
from receiver.delivery.rendering.profile_counter import AGAIN, ProfileCounter
from receiver.inbox import CountedEvent, Inbox, UncountedEvent
from receiver.ingest.validation import Validator, build_validator
from receiver.mapping import RouteTable
from tests.inbox.store import open_inbox
from tests.mapping.sample_routes import SITE, contact, mapping, route

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
PEOPLE = ("ann@x.test", "ben@x.test", "eve@x.test")
ORDERS = {1: PEOPLE[0], 2: PEOPLE[0], 3: PEOPLE[1]}
SITES = {"springfield": SITE}


@dataclass(frozen=True)
class Post:
    """A call, in minutes since the beginning; `late` where it is handed in only afterwards."""

    event: str
    body: dict[str, Any]
    minute: int
    late: bool = False

    @property
    def at(self) -> datetime:
        return NOW + timedelta(minutes=self.minute)


@dataclass(frozen=True)
class Forget:
    person: str


@dataclass(frozen=True)
class Purge:
    """Of what came in before that minute."""

    minute: int


@dataclass(frozen=True)
class Count:
    """Two processes do, at once."""


@dataclass
class Accepted:
    """An event that was kept, as the recount knows it."""

    id: str
    post: Post
    people: list[str]


DAYS = st.integers(1, 28).map(lambda day: f"2026-04-{day:02} 10:00:00")
COURSES = st.sampled_from(
    [{"id": 1, "name": "A"}, {"id": 1, "name": "A II"}, {"id": 2, "name": "B"}, {"name": "C"}]
)


@st.composite
def orders(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    number = draw(st.sampled_from(list(ORDERS)))
    status = draw(st.sampled_from(["COMPLETED", "REFUNDED", "PROCESSING", "Odd"]))
    body = {
        "id": number,
        "status": status,
        "order_total": draw(st.sampled_from(["10.10", "0.01", 99, "-5.00", None])),
        "currency": draw(st.sampled_from(["USD", "EUR", None, "?!"])),
        "date_created": draw(st.none() | DAYS),
        "customer": {"email": ORDERS[number]},
    }
    return "order.placed", body


@st.composite
def enrolments(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    people = draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3))
    return "course.enrolled", {
        "userList": [{"email": person} for person in people],
        "enrolled_courses_list": draw(st.lists(COURSES, max_size=3)),
    }


@st.composite
def others(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Submissions, grades, accounts, announcements."""
    person = {"email": draw(st.sampled_from(PEOPLE))}
    kind = draw(st.sampled_from(["quiz", "assignment", "discussion", "grade", "account", "news"]))
    if kind == "account":
        return "account.created", {**person, "date_registered": draw(DAYS)}
    if kind == "news":
        return "announcement.created", {"receivers": [person], "announcement_title": "Hello"}
    thing = "assignment" if kind == "grade" else kind
    body = {
        **person,
        thing: {"id": draw(st.integers(1, 2)), "name": "One"},
        "course": {"id": 1, "name": "A"},
        "date_submitted": draw(DAYS),
    }
    if kind == "grade":
        return "assignment.evaluated", {**body, "grade": draw(st.sampled_from("AB"))}
    return f"{kind}.submitted", {**body, "course_instructor": draw(st.sampled_from(["N", "M"]))}


POSTS = st.builds(
    lambda told, minute, late: Post(told[0], told[1], minute, late),
    st.one_of(orders(), orders(), enrolments(), others()),
    st.integers(0, 5000),
    st.booleans(),
)
STEPS = st.one_of(
    POSTS,
    POSTS,
    st.just(Count()),
    st.builds(Forget, st.sampled_from(PEOPLE)),
    st.builds(Purge, st.integers(0, 5000)),
)
SCHOOLS = st.lists(STEPS, min_size=10, max_size=40)


class Recount:
    """One person's profile by plain rules, from all events at once."""

    def __init__(self, kept: Sequence[Accepted], person: str) -> None:
        self.newest: dict[int, dict[str, Any]] = {}
        self.first_came: dict[int, datetime] = {}
        self.names: dict[str, str] = {}
        self.enrolled: dict[str, datetime] = {}
        self.submitted: dict[str, set[str]] = {"quiz": set(), "assignment": set()}
        self.submitted["discussion"] = set()
        self.seen: list[datetime] = []
        self.acts: list[datetime] = []
        for one in sorted(kept, key=lambda one: one.id):
            if person in one.people:
                self.add(one.post.event, one.post.body, one.post.at)

    def add(self, event: str, body: dict[str, Any], came: datetime) -> None:
        if event == "order.placed":
            self.newest[body["id"]] = body
            self.first_came[body["id"]] = min(came, self.first_came.get(body["id"], came))
        elif event == "course.enrolled":
            for course in body["enrolled_courses_list"]:
                key = str(course.get("id") or course["name"])
                self.names[key] = course["name"]
                self.enrolled[key] = min(came, self.enrolled.get(key, came))
            self.seen.append(came)
            self.acts.append(came)
        elif event != "announcement.created":
            self.add_other(event, body)

    def add_other(self, event: str, body: dict[str, Any]) -> None:
        at = local(body.get("date_submitted") or body["date_registered"])
        self.seen.append(at)
        if event != "assignment.evaluated":
            self.acts.append(at)
        kind = event.partition(".")[0]
        if event.endswith(".submitted"):
            self.submitted[kind].add(f"{body[kind]['id']} {at}")

    def profile(self) -> Profile:
        made = {
            number: local(body["date_created"]) if body["date_created"] else self.first_came[number]
            for number, body in self.newest.items()
        }
        paid = [one for one in self.newest.values() if one["status"] in ("COMPLETED", "PROCESSING")]
        bought = [made[one["id"]] for one in paid]
        totals = [
            Decimal(str(one["order_total"]))
            for one in paid
            if one["order_total"] is not None and one["currency"] in ("USD", None)
        ]
        revenue = sum(totals, Decimal(0))
        courses = [
            {"id": None if key == "C" else key, "name": self.names[key], "enrolled_at": at}
            for key, at in sorted(
                self.enrolled.items(), key=lambda item: (item[1], self.names[item[0]])
            )
        ]
        return Profile.model_validate(
            {
                "order_count": len(paid),
                "revenue": revenue,
                "average_order": round_half_up(revenue / len(totals)) if totals else 0,
                "first_order_at": min(bought, default=None),
                "last_order_at": max(bought, default=None),
                "courses": courses,
                "course_count": len(courses),
                **{f"{kind}_count": len(found) for kind, found in self.submitted.items()},
                "last_activity_at": max([*self.acts, *made.values()], default=None),
                "first_seen_at": min([*self.seen, *made.values()], default=None),
            }
        )


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SITE.timezone)


def round_half_up(value: Decimal) -> Decimal:
    """To cents."""
    cents = abs(value) * 100
    whole = int(cents + Decimal("0.5"))
    return Decimal(whole if value >= 0 else -whole) / 100


class School:
    """A store that posts come into, and what was kept of them."""

    def __init__(self, inbox: Inbox, validate: Validator) -> None:
        self.inbox = inbox
        self.kept: list[Accepted] = []
        self._validate = validate
        self.counters = [
            ProfileCounter(inbox, EventReader(SITES), SITES, lambda: NOW) for _ in range(2)
        ]

    async def step(self, step: Post | Forget | Purge | Count) -> None:
        match step:
            case Post():
                await self.post(step)
            case Forget(person):
                await self.inbox.erase_person(person)
                for one in self.kept:
                    one.people = [other for other in one.people if other != person]
            case Purge(minute):
                before = NOW + timedelta(minutes=minute)
                await self.inbox.purge_old(before=before, keep_uncounted=True)
            case Count():
                await asyncio.gather(*(counter.count() for counter in self.counters))

    async def post(self, post: Post) -> None:
        body = json.dumps(post.body).encode()
        new = self._validate("springfield", post.event, body, post.at)
        assert not new.faults, new.faults
        late_at = NOW + timedelta(days=30) if post.late else None
        answer = await self.inbox.accept(replace(new, lanes=(), late_at=late_at))
        if not answer.duplicate:
            self.kept.append(Accepted(answer.id, post, list(new.people)))

    async def profiles(self) -> dict[str, Profile]:
        found = await self.counters[0].find([("springfield", person) for person in PEOPLE])
        return {person: found["springfield", person] for person in PEOPLE}


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
        compare(f"sqlite:///{Path(directory) / 'store.db'}", profiled, steps)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=SCHOOLS)
def test_profiles_are_what_a_recount_says_on_postgresql(
    profiled: RouteTable, postgresql_server: Any, steps: list[Post | Forget | Purge | Count]
) -> None:
    """The same, where the two who count are at it at once."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgresql_server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            compare(postgresql_server.get_uri(name), profiled, steps)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


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
