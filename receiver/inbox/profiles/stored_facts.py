"""The facts of counted events: what is kept of each person, and what is known of them by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Dialect, Select, Table, bindparam, case, delete, distinct, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from receiver.facts import (
    CourseFact,
    KnownFacts,
    OrderFact,
    PersonFacts,
    SubmissionFact,
    SubmissionKind,
)
from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.person_keys import keys_of_people
from receiver.inbox.db.storable_text import storable_text, storable_text_or_none
from receiver.inbox.db.tables import (
    profile_course,
    profile_order,
    profile_person,
    profile_submission,
)
from receiver.inbox.db.timestamps import from_micros, from_micros_or_none, to_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.profiles.moved_orders import deliver_again, find_former_buyers
from receiver.inbox.profiles.uncounted_events import UncountedEvent, claim_events

PersonAt = tuple[str, str]
"""A source, and the key of a person there."""


@dataclass(frozen=True, slots=True)
class CountedEvent:
    """An event, and what it tells of each person in it, by their keys."""

    event: UncountedEvent
    facts: Mapping[str, PersonFacts]


_Values = dict[str, Any]


def keep_facts(transaction: Transaction, counted: Sequence[CountedEvent], *, now: datetime) -> int:
    """Add what events tell to what is known, but for those that were counted or have changed
    meanwhile. Who loses an order by it is delivered again.

    Returns how many were counted.
    """
    ours = claim_events(transaction, [one.event for one in counted])
    new_facts = [
        ((one.event.source, person), facts)
        for one in counted
        if one.event.event_id in ours
        for person, facts in one.facts.items()
    ]
    rows = {
        profile_order: [_order(*at, order) for at, facts in new_facts for order in facts.orders],
        profile_course: [
            _course(*at, course) for at, facts in new_facts for course in facts.courses
        ],
        profile_submission: [
            _submission(*at, one) for at, facts in new_facts for one in facts.submissions
        ],
        profile_person: [_person(*at, facts) for at, facts in new_facts if facts.seen_at],
    }
    former = find_former_buyers(
        transaction, ((at, order) for at, facts in new_facts for order in facts.orders)
    )
    for table, theirs in rows.items():
        _write(transaction, table, theirs)
    deliver_again(transaction, former, now=now)
    return len(ours)


def find_known_facts(
    transaction: Transaction, people: Collection[PersonAt]
) -> dict[PersonAt, KnownFacts]:
    """All that is known of these people, by their keys, each with an entry.

    Of someone whose addresses were joined, what was kept under the keys of before counts as well.
    """
    keys = keys_of_people(transaction.connection, {person for _, person in people})
    every_key = {"keys": sorted(frozenset().union(*keys.values()))}
    rows: dict[PersonAt, _Rows] = defaultdict(_Rows)
    for table, find in _FIND.items():
        for row in transaction.connection.execute(find, every_key):
            rows[row.source, row.person_key].by_table[table].append(row)
    known: dict[PersonAt, KnownFacts] = {}
    for source, person in people:
        theirs = sorted(keys[person])
        several = [rows[source, key].facts() for key in theirs]
        if len(several) == 1:
            known[source, person] = several[0]
        else:
            given = {"of": source, "keys": theirs}
            submissions = transaction.connection.execute(_OF_SEVERAL_KEYS, given)
            known[source, person] = _join(several, {one.kind: one.number for one in submissions})
    return known


def _join(several: Sequence[KnownFacts], submissions: Mapping[SubmissionKind, int]) -> KnownFacts:
    """What was kept of one person under several keys."""
    courses: dict[str, CourseFact] = {}
    for course in sorted(
        (course for one in several for course in one.courses), key=lambda one: one.event_id
    ):
        first = min(courses.get(course.key, course).enrolled_at, course.enrolled_at)
        courses[course.key] = replace(course, enrolled_at=first)
    seen = [one.first_seen_at for one in several if one.first_seen_at is not None]
    active = [one.last_active_at for one in several if one.last_active_at is not None]
    return KnownFacts(
        orders=tuple(order for one in several for order in one.orders),
        courses=tuple(courses.values()),
        submissions=submissions,
        first_seen_at=min(seen, default=None),
        last_active_at=max(active, default=None),
    )


def erase_profiles(transaction: Transaction, person: str) -> int:
    """Forget all that is known of a person, at every source. Returns how many facts there were."""
    return sum(
        transaction.connection.execute(delete(table).where(table.c.person_key == person)).rowcount
        for table in _FIND
    )


def _order(source: str, person: str, order: OrderFact) -> _Values:
    return {
        "source": source,
        "order_id": storable_text(order.id),
        "person_key": person,
        "event_id": order.event_id,
        "paid": int(order.paid),
        "total": None if order.total is None else str(order.total),
        "currency": order.currency,
        "created_at": None if order.created_at is None else to_micros(order.created_at),
        "seen_at": to_micros(order.seen_at),
    }


def _course(source: str, person: str, course: CourseFact) -> _Values:
    return {
        "person_key": person,
        "source": source,
        "course": storable_text(course.key),
        "course_id": storable_text_or_none(course.id),
        "name": storable_text(course.name),
        "event_id": course.event_id,
        "enrolled_at": to_micros(course.enrolled_at),
    }


def _submission(source: str, person: str, one: SubmissionFact) -> _Values:
    return {"person_key": person, "source": source, "kind": one.kind, "digest": one.digest}


def _person(source: str, person: str, facts: PersonFacts) -> _Values:
    return {
        "person_key": person,
        "source": source,
        "seen_at": None if facts.seen_at is None else to_micros(facts.seen_at),
        "active_at": None if facts.active_at is None else to_micros(facts.active_at),
    }


def _write(transaction: Transaction, table: Table, rows: Iterable[_Values]) -> None:
    """In one order, so that two processes do not wait for each other in a circle."""
    keys = [column.name for column in table.primary_key]
    given = sorted(rows, key=lambda row: [row[key] for key in keys])
    if given:
        transaction.connection.execute(_upsert(transaction.connection.dialect, table), given)


def _upsert(dialect: Dialect, table: Table) -> Any:
    new = insert_statement(dialect, table)
    keys = [column.name for column in table.primary_key]
    combined: dict[str, ColumnElement[Any]] = {}
    if "event_id" in table.c:  # what the newest event tells counts
        newer = new.excluded.event_id >= table.c.event_id
        combined = {
            column.name: case((newer, new.excluded[column.name]), else_=column)
            for column in table.c
            if column.name not in keys
        }
    for name in _FIRST & set(table.c.keys()):
        earlier = new.excluded[name] < table.c[name]
        combined[name] = case((earlier, new.excluded[name]), else_=table.c[name])
    for name in _LAST & set(table.c.keys()):
        later = or_(table.c[name].is_(None), new.excluded[name] > table.c[name])
        combined[name] = case((later, new.excluded[name]), else_=table.c[name])
    if not combined:
        return new.on_conflict_do_nothing(index_elements=keys)
    return new.on_conflict_do_update(index_elements=keys, set_=combined)


@dataclass(slots=True)
class _Rows:
    """What is kept of one person."""

    by_table: dict[Table, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def facts(self) -> KnownFacts:
        times = self.by_table[profile_person]
        return KnownFacts(
            orders=tuple(map(_order_fact, self.by_table[profile_order])),
            courses=tuple(map(_course_fact, self.by_table[profile_course])),
            submissions={row.kind: row.number for row in self.by_table[profile_submission]},
            first_seen_at=from_micros(times[0].seen_at) if times else None,
            last_active_at=from_micros_or_none(times[0].active_at) if times else None,
        )


def _order_fact(row: Any) -> OrderFact:
    return OrderFact(
        id=row.order_id,
        event_id=row.event_id,
        paid=bool(row.paid),
        total=None if row.total is None else Decimal(row.total),
        currency=row.currency,
        created_at=from_micros_or_none(row.created_at),
        seen_at=from_micros(row.seen_at),
    )


def _course_fact(row: Any) -> CourseFact:
    return CourseFact(row.course_id, row.name, row.event_id, from_micros(row.enrolled_at))


_FIRST: Final = {"seen_at", "enrolled_at"}  # of several times the earliest counts
_LAST: Final = {"active_at"}

_COUNTED: Final = (
    profile_submission.c.person_key,
    profile_submission.c.source,
    profile_submission.c.kind,
)
_OF_SEVERAL_KEYS: Final = (
    select(
        profile_submission.c.kind,
        func.count(distinct(profile_submission.c.digest)).label("number"),
    )
    .where(
        profile_submission.c.source == bindparam("of"),
        profile_submission.c.person_key.in_(bindparam("keys", expanding=True)),
    )
    .group_by(profile_submission.c.kind)
)
_FIND: Final[dict[Table, Select[Any]]] = {
    table: found.where(table.c.person_key.in_(bindparam("keys", expanding=True)))
    for table, found in (
        (profile_person, select(profile_person)),
        (profile_order, select(profile_order)),
        (profile_course, select(profile_course)),
        (profile_submission, select(*_COUNTED, func.count().label("number")).group_by(*_COUNTED)),
    )
}
