"""One event with its whole story, and one person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from receiver.inbox.errors import Unknown
from receiver.inbox.tables import attempt, delivery, event, lane, literal, remote
from receiver.inbox.text import from_json
from receiver.inbox.times import moment, moment_or_none
from receiver.inbox.transaction import Transaction

MOST_DELIVERIES = 200
MOST_ATTEMPTS = 500


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a connector; `records` are what was sent for this lane."""

    id: int
    started_at: datetime
    duration_ms: int
    outcome: str
    code: str | None
    message: str | None
    field: str | None
    sent: list[Any]
    notes: list[Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event in one lane. `due_at`, `tries` and `failing_since` are the lane's, and say what comes next for a pending one."""

    id: int
    connector: str
    person: str
    lane_id: int
    seq: int
    state: str
    reason: str | None
    settled_at: datetime | None
    lane_state: str
    due_at: datetime
    tries: int
    failing_since: datetime | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """`deliveries` are the first 200 of `count`."""

    id: str
    source: str
    name: str | None
    how: str | None
    named: str | None
    disagreement: str | None
    state: str
    received_at: datetime
    body: bytes
    unknown: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]
    person: str | None
    people: int
    count: int
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """A record that a CRM holds for a person."""

    connector: str
    object: str
    key: str
    id: str
    event_id: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class PersonLane:
    connector: str
    lane_id: int
    state: str
    due_at: datetime
    tries: int
    failing_since: datetime | None
    pending: int


@dataclass(frozen=True, slots=True)
class Person:
    """How a person stands at each connector, and what these hold of theirs. The events come by `Filter(person=…)`."""

    key: str
    lanes: tuple[PersonLane, ...]
    records: tuple[RemoteRecord, ...]


def detail(transaction: Transaction, id: str) -> Event:
    """Raises Unknown."""
    row = transaction.connection.execute(_EVENT, {"of": id}).mappings().one_or_none()
    if row is None:
        raise Unknown(f"no event {id} is stored")
    attempts = _attempts(transaction, id)
    rows = transaction.connection.execute(_DELIVERIES, {"of": id}).all()
    return Event(
        **{name: row[name] for name in _AS_STORED},
        received_at=moment(row["received_at"]),
        unknown=tuple(from_json(row["unknown"])),
        faults=tuple((path, message) for path, message in from_json(row["faults"])),
        count=transaction.connection.scalar(_COUNT, {"of": id}) or 0,
        deliveries=tuple(_delivery(delivered, attempts.get(delivered.id, ())) for delivered in rows),
    )


def person(transaction: Transaction, key: str) -> Person:
    """Empty where nothing is known of them."""
    lanes = transaction.connection.execute(_LANES, {"of": key}).all()
    records = transaction.connection.execute(_RECORDS, {"lanes": [row.id for row in lanes]}).all()
    return Person(
        key,
        tuple(
            PersonLane(row.connector, row.id, row.state, moment(row.due_at), row.attempts, moment_or_none(row.failing_since), row.pending)
            for row in lanes
        ),
        tuple(RemoteRecord(row.connector, row.object, row.key, row.id, row.event_id, moment(row.written_at)) for row in records),
    )


_AS_STORED = ("id", "source", "name", "how", "named", "disagreement", "state", "body", "person", "people")
_EVENT = select(event).where(event.c.id == bindparam("of"))
_COUNT = select(func.count()).select_from(delivery).where(delivery.c.event_id == bindparam("of"))
_DELIVERIES = (
    select(delivery, lane.c.person_key, lane.c.state.label("lane_state"), lane.c.due_at, lane.c.attempts, lane.c.failing_since)
    .join(lane, lane.c.id == delivery.c.lane_id)
    .where(delivery.c.event_id == bindparam("of"))
    .order_by(delivery.c.id)
    .limit(MOST_DELIVERIES)
)
_ATTEMPTS = (
    select(attempt, delivery.c.id.label("delivery_id"))
    .join(
        delivery,
        (delivery.c.lane_id == attempt.c.lane_id) & (attempt.c.last_seq >= delivery.c.seq) & (attempt.c.first_seq <= delivery.c.seq),
    )
    .where(delivery.c.event_id == bindparam("of"))
    .order_by(attempt.c.id)
    .limit(MOST_ATTEMPTS)
)
_PENDING = (
    select(func.count())
    .select_from(delivery)
    .where(delivery.c.lane_id == lane.c.id, delivery.c.state == literal("pending"))
    .correlate(lane)
    .scalar_subquery()
)
_LANES = select(lane, _PENDING.label("pending")).where(lane.c.person_key == bindparam("of")).order_by(lane.c.connector)
_RECORDS = (
    select(remote)
    .where(remote.c.lane_id.in_(bindparam("lanes", expanding=True)))
    .order_by(remote.c.connector, remote.c.object, remote.c.key)
)


def _attempts(transaction: Transaction, id: str) -> dict[int, Sequence[Attempt]]:
    """Delivery → its attempts. One within an attempt's range was not part of it where it was settled before."""
    found: dict[int, list[Attempt]] = {}
    for row in transaction.connection.execute(_ATTEMPTS, {"of": id}):
        if row.delivery_id in json.loads(row.deliveries):
            found.setdefault(row.delivery_id, []).append(_attempt(row))
    return dict(found)


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        row.id,
        moment(row.started_at),
        row.duration_ms,
        row.outcome,
        row.code,
        row.message,
        row.field,
        from_json(row.sent),
        from_json(row.notes),
    )


def _delivery(row: Row[Any], attempts: Sequence[Attempt]) -> Delivery:
    return Delivery(
        id=row.id,
        connector=row.connector,
        person=row.person_key,
        lane_id=row.lane_id,
        seq=row.seq,
        state=row.state,
        reason=row.reason,
        settled_at=moment_or_none(row.settled_at),
        lane_state=row.lane_state,
        due_at=moment(row.due_at),
        tries=row.attempts,
        failing_since=moment_or_none(row.failing_since),
        attempts=tuple(attempts),
    )
