"""One event with its whole story, and one person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, func, select

from receiver.inbox.db.errors import Unknown
from receiver.inbox.db.storable_text import from_json
from receiver.inbox.db.tables import attempt, delivery, event, lane, literal, remote
from receiver.inbox.db.timestamps import from_micros, from_micros_or_none
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.events.original_calls import OriginalCall, original_of
from receiver.inbox.people.addresses import find_names

MOST_DELIVERIES = 200
MOST_ATTEMPTS = 500


@dataclass(frozen=True, slots=True)
class AttemptDetail:
    """One call of a connector, or several alike in a row: `times`, the first of them first.

    `sent` are the records of the first; where they are of several deliveries, each names those
    that want it as `of`. `deliveries` are all that the call was for.
    """

    id: int
    deliveries: tuple[int, ...]
    started_at: datetime
    last_at: datetime
    times: int
    duration_ms: int
    outcome: str
    code: str | None
    message: str | None
    field: str | None
    sent: list[Any]
    notes: list[Any]


@dataclass(frozen=True, slots=True)
class DeliveryDetail:
    """One delivery: one event in one lane.

    `due_at`, `tries` and `failing_since` are the lane's, and say what comes next for a pending one.
    """

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
    attempts: tuple[AttemptDetail, ...]


@dataclass(frozen=True, slots=True)
class EventDetail:
    """`deliveries` are 200 of `count`: those that are dead first, then what is pending.

    `counts`: connector → state → number, of all.
    """

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
    original: OriginalCall | None  # as it came, where it was amended since
    person: str | None
    people: int
    counts: Mapping[str, Mapping[str, int]]
    deliveries: tuple[DeliveryDetail, ...]

    @property
    def count(self) -> int:
        return sum(sum(states.values()) for states in self.counts.values())


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
    dead: int


@dataclass(frozen=True, slots=True)
class PersonDetail:
    """How a person stands at each connector, and what these hold of theirs.

    The events come by `Filter(person=…)`. `addresses`: the one of now first.
    """

    key: str
    addresses: tuple[str, ...]
    lanes: tuple[PersonLane, ...]
    records: tuple[RemoteRecord, ...]


def find_event(transaction: Transaction, id: str) -> EventDetail:
    """One event with its deliveries and attempts. Raises Unknown."""
    row = transaction.connection.execute(_EVENT, {"of": id}).mappings().one_or_none()
    if row is None:
        raise Unknown(f"no event {id} is stored")
    rows = transaction.connection.execute(_DELIVERIES, {"of": id}).all()
    attempts = _attempts(transaction, [delivered.id for delivered in rows])
    return EventDetail(
        **{name: row[name] for name in _AS_STORED},
        received_at=from_micros(row["received_at"]),
        unknown=tuple(from_json(row["unknown"])),
        faults=tuple((path, message) for path, message in from_json(row["faults"])),
        original=original_of(transaction, id),
        counts=_counts(transaction, id),
        deliveries=tuple(
            _delivery(delivered, attempts.get(delivered.id, ())) for delivered in rows
        ),
    )


def find_person(transaction: Transaction, key: str) -> PersonDetail:
    """How the person with this address or key stands at each connector; empty where nothing is
    known of them.
    """
    names = find_names(transaction, key)
    lanes = transaction.connection.execute(_LANES, {"keys": list(names.keys)}).all()
    records = transaction.connection.execute(_RECORDS, {"lanes": [row.id for row in lanes]}).all()
    return PersonDetail(
        names.key,
        names.addresses,
        tuple(
            PersonLane(
                row.connector,
                row.id,
                row.state,
                from_micros(row.due_at),
                row.attempts,
                from_micros_or_none(row.failing_since),
                row.pending,
                row.dead,
            )
            for row in lanes
        ),
        tuple(
            RemoteRecord(
                row.connector,
                row.object,
                row.key,
                row.id,
                row.event_id,
                from_micros(row.written_at),
            )
            for row in records
        ),
    )


_AS_STORED = (
    "id",
    "source",
    "name",
    "how",
    "named",
    "disagreement",
    "state",
    "body",
    "person",
    "people",
)
_EVENT = select(event).where(event.c.id == bindparam("of"))
_COUNTS = (
    select(delivery.c.connector, delivery.c.state, func.count().label("number"))
    .where(delivery.c.event_id == bindparam("of"))
    .group_by(delivery.c.connector, delivery.c.state)
    .order_by(delivery.c.connector, delivery.c.state)
)
_URGENCY = case(
    (delivery.c.state == literal("dead"), 0), (delivery.c.state == literal("pending"), 1), else_=2
)
_SHOWN = (
    select(delivery.c.id)
    .where(delivery.c.event_id == bindparam("of"))
    .order_by(_URGENCY, delivery.c.id)
    .limit(MOST_DELIVERIES)
    .subquery()
)
_DELIVERIES = (
    select(
        delivery,
        lane.c.person_key,
        lane.c.state.label("lane_state"),
        lane.c.due_at,
        lane.c.attempts,
        lane.c.failing_since,
    )
    .join(lane, lane.c.id == delivery.c.lane_id)
    .where(delivery.c.id.in_(select(_SHOWN.c.id)))
    .order_by(_URGENCY, delivery.c.id)
)
_MADE_FOR = (
    (delivery.c.lane_id == attempt.c.lane_id)
    & (attempt.c.last_seq >= delivery.c.seq)
    & (attempt.c.first_seq <= delivery.c.seq)
)
_TURN = (
    func.row_number().over(partition_by=delivery.c.id, order_by=attempt.c.id.desc()).label("turn")
)
# of each delivery its last attempt first, so that one with very many leaves room for the others
_NEWEST = (
    select(attempt.c.id, delivery.c.id.label("delivery_id"), _TURN)
    .join(delivery, _MADE_FOR)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    .order_by("turn", attempt.c.id)
    .limit(MOST_ATTEMPTS)
    .subquery()
)
_ATTEMPTS = (
    select(attempt, _NEWEST.c.delivery_id)
    .join(_NEWEST, _NEWEST.c.id == attempt.c.id)
    .order_by(attempt.c.id)
)
_PENDING, _DEAD = (
    select(func.count())
    .select_from(delivery)
    .where(delivery.c.lane_id == lane.c.id, delivery.c.state == literal(state))
    .correlate(lane)
    .scalar_subquery()
    for state in ("pending", "dead")
)
_LANES = (
    select(lane, _PENDING.label("pending"), _DEAD.label("dead"))
    .where(lane.c.person_key.in_(bindparam("keys", expanding=True)))
    .order_by(lane.c.connector, lane.c.id)
)
_RECORDS = (
    select(remote)
    .where(remote.c.lane_id.in_(bindparam("lanes", expanding=True)))
    .order_by(remote.c.connector, remote.c.object, remote.c.key)
)


def _counts(transaction: Transaction, id: str) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for row in transaction.connection.execute(_COUNTS, {"of": id}):
        counts.setdefault(row.connector, {})[row.state] = row.number
    return counts


def _attempts(
    transaction: Transaction, deliveries: Sequence[int]
) -> dict[int, Sequence[AttemptDetail]]:
    """Delivery → its attempts.

    One within an attempt's range was not part of it where it was settled before.
    """
    found: dict[int, list[AttemptDetail]] = {}
    for row in transaction.connection.execute(_ATTEMPTS, {"ids": list(deliveries)}):
        if row.delivery_id in json.loads(row.deliveries):
            found.setdefault(row.delivery_id, []).append(_attempt(row))
    return dict(found)


def _attempt(row: Row[Any]) -> AttemptDetail:
    return AttemptDetail(
        row.id,
        tuple(json.loads(row.deliveries)),
        from_micros(row.started_at),
        from_micros(row.last_at),
        row.times,
        row.duration_ms,
        row.outcome,
        row.code,
        row.message,
        row.field,
        from_json(row.sent),
        from_json(row.notes),
    )


def _delivery(row: Row[Any], attempts: Sequence[AttemptDetail]) -> DeliveryDetail:
    return DeliveryDetail(
        id=row.id,
        connector=row.connector,
        person=row.address or row.person_key,
        lane_id=row.lane_id,
        seq=row.seq,
        state=row.state,
        reason=row.reason,
        settled_at=from_micros_or_none(row.settled_at),
        lane_state=row.lane_state,
        due_at=from_micros(row.due_at),
        tries=row.attempts,
        failing_since=from_micros_or_none(row.failing_since),
        attempts=tuple(attempts),
    )
