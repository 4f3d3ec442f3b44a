"""Lanes that are ready: which there are, and what is pending in them.

Only a connector's leader asks, and remembers which lanes it has under way: nothing is marked here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, exists, func, or_, select, update

from receiver.inbox.db.event_ids import arrived_at
from receiver.inbox.db.tables import connector_state, delivery, event, lane, literal
from receiver.inbox.db.timestamps import from_micros, from_micros_or_none, to_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.people.addresses import addresses_of, former_owners_of, lost_addresses_of

MOST_DELIVERIES = 200  # of one lane at once
MOST_BYTES = 4 * 1024 * 1024  # of bodies of one lane
MOST_DELIVERIES_IN_ALL = 1500
MOST_BYTES_IN_ALL = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LaneQueue:
    """The lanes of one priority and source. `due` are ready now, the longest due first."""

    priority: int
    source: str
    due: tuple[int, ...]
    next_due: datetime | None  # when the first of the others is


@dataclass(slots=True)  # not frozen, though nobody changes it: that would double its price
class PendingDelivery:
    """One event that is to be delivered in a lane. `seq` is its place there."""

    delivery_id: int
    seq: int
    event_id: str
    source: str
    name: str
    named: str | None
    body: bytes
    received_at: datetime
    address: str | None = None  # the person's in the event, where it is not the lane's key

    @property
    def came_at(self) -> datetime:
        """Later than `received_at` where it was handed in late."""
        return arrived_at(self.event_id, self.received_at)


@dataclass(frozen=True, slots=True)
class FormerOwner:
    """Who had an address before it became another one's: their lane, and the address of now."""

    lane_id: int
    address: str


@dataclass(frozen=True, slots=True)
class ReadyLane:
    """One lane with its oldest pending deliveries, as its connector's leader takes it."""

    lane_id: int
    connector: str
    person_key: str
    version: int
    # before this one; above 0 an earlier attempt may have written without our seeing it
    attempts: int
    failing_since: datetime | None
    deliveries: tuple[PendingDelivery, ...]  # oldest first
    capped: bool = False  # more are pending than are taken at once
    replayed: int = 0  # the version that the lane's last replay made
    addresses: tuple[str, ...] = ()  # the person's where there are several, the one of now first
    lost_addresses: tuple[str, ...] = ()  # the person had these, and they are another one's now
    former_owners: tuple[FormerOwner, ...] = ()  # of the address that the person has now

    @property
    def address(self) -> str:
        """The address that the person has now."""
        return self.addresses[0] if self.addresses else self.person_key


def list_queues(
    transaction: Transaction, connector: str, *, limit: int, busy: Collection[int], now: datetime
) -> list[LaneQueue]:
    """All queues of a connector that hold a lane, what goes first first.

    Of each up to `limit` lanes that are due, without those that are `busy`; none of a connector
    that an operator has stopped.
    """
    found: list[LaneQueue] = []
    after = {"of": connector, "priority": -1, "source": ""}
    while row := transaction.connection.execute(_NEXT_QUEUE, after).one_or_none():
        after |= {"priority": row.priority, "source": row.source}
        values = {**after, "now": to_micros(now)}
        due = transaction.connection.scalars(_DUE, {**values, "most": limit + len(busy)})
        lanes = tuple(id for id in due if id not in busy)[:limit]
        next_due = transaction.connection.scalar(_NEXT_DUE, values)
        found.append(LaneQueue(row.priority, row.source, lanes, from_micros_or_none(next_due)))
    return found


def load_lanes(transaction: Transaction, lanes: Sequence[int], *, now: datetime) -> list[ReadyLane]:
    """Load lanes with what is pending in them, as many as fit into memory together.

    Nothing is pending any more in lanes whose deliveries were discarded: let them `rest`.
    """
    values = {"ids": list(lanes), "now": to_micros(now)}
    rows = {row.id: row for row in transaction.connection.execute(_LANES, values)}
    if not rows:
        return []
    chosen = _choose(_pending(transaction, rows), [id for id in lanes if id in rows])
    bodies = _events(transaction, {row.event_id for found, _ in chosen.values() for row in found})
    keys = [rows[id].person_key for id in chosen]
    addresses, lost = addresses_of(transaction, keys), lost_addresses_of(transaction, keys)
    loaded = [
        _lane(rows[id], found, bodies, addresses.get(rows[id].person_key, ()), capped=capped)
        for id, (found, capped) in chosen.items()
    ]
    owners = _former_owners(transaction, loaded)
    return [
        replace(
            one,
            lost_addresses=tuple(lost.get(one.person_key, ())),
            former_owners=owners.get(one.lane_id, ()),
        )
        if one.person_key in lost or one.lane_id in owners
        else one
        for one in loaded
    ]


def _former_owners(
    transaction: Transaction, lanes: Sequence[ReadyLane]
) -> dict[int, tuple[FormerOwner, ...]]:
    """Lane → who had the address before that its person has now."""
    had = former_owners_of(transaction, [one.address for one in lanes])
    if not had:
        return {}
    keys = {key for persons in had.values() for key in persons}
    addresses = addresses_of(transaction, keys)
    values = {"keys": sorted(keys), "connectors": sorted({one.connector for one in lanes})}
    ids = {
        (row.connector, row.person_key): row.id
        for row in transaction.connection.execute(_LANES_OF, values)
    }
    return {
        one.lane_id: tuple(
            FormerOwner(ids[one.connector, key], addresses[key][0])
            for key in had[one.address]
            if key in addresses and key != one.person_key and (one.connector, key) in ids
        )
        for one in lanes
        if one.address in had
    }


def rest_lanes(transaction: Transaction, lanes: Iterable[ReadyLane]) -> None:
    """Let lanes be in which nothing is pending; not those for which something came meanwhile."""
    rows = [{"of": one.lane_id, "seen": one.version} for one in lanes]
    if rows:
        transaction.connection.execute(_REST, rows)


def correct_waits(transaction: Transaction, connector: str, *, now: datetime) -> int:
    """Let no lane wait longer than it was meant to: its time is of a clock that was ahead.

    Returns how many there were.
    """
    values = {"of": connector, "now": to_micros(now)}
    return transaction.connection.execute(_CORRECT, values).rowcount


_OF = (lane.c.connector == bindparam("of"), lane.c.state != literal("idle"))
_NOW = bindparam("now", type_=BigInteger)
_QUEUE = (
    *_OF,
    lane.c.priority == bindparam("priority"),
    lane.c.source == bindparam("source"),
)
_LATER = or_(
    lane.c.priority > bindparam("priority"),
    and_(lane.c.priority == bindparam("priority"), lane.c.source > bindparam("source")),
)
_NEXT_QUEUE = (  # a step along the index, however many lanes each queue holds
    select(lane.c.priority, lane.c.source)
    .where(*_OF, lane.c.priority >= bindparam("priority"), _LATER)
    .order_by(lane.c.priority, lane.c.source)
    .limit(1)
)
_STOPPED = exists().where(
    connector_state.c.connector == bindparam("of"), connector_state.c.stopped_at.is_not(None)
)
_DUE = (
    select(lane.c.id)
    .where(*_QUEUE, lane.c.due_at <= _NOW, ~_STOPPED)
    .order_by(lane.c.due_at)
    .limit(bindparam("most"))
)
_NEXT_DUE = select(func.min(lane.c.due_at)).where(*_QUEUE, lane.c.due_at > _NOW)
_IDS = lane.c.id.in_(bindparam("ids", expanding=True))
_LANES = select(
    lane.c.id,
    lane.c.connector,
    lane.c.person_key,
    lane.c.version,
    lane.c.attempts,
    lane.c.failing_since,
    lane.c.replayed,
).where(_IDS, lane.c.state != literal("idle"), lane.c.due_at <= _NOW)
_LANES_OF = select(lane.c.connector, lane.c.person_key, lane.c.id).where(
    lane.c.person_key.in_(bindparam("keys", expanding=True)),
    lane.c.connector.in_(bindparam("connectors", expanding=True)),
)
_REST = (  # unless an event came since: that has raised the version
    update(lane)
    .where(lane.c.id == bindparam("of"), lane.c.version == bindparam("seen", type_=BigInteger))
    .values(state=literal("idle"), attempts=0, failing_since=None)
)
_CORRECT = (  # whoever is due is told by the index alone
    update(lane)
    .where(*_OF, lane.c.due_at > _NOW, lane.c.due_at > _NOW + lane.c.wait)
    .values(due_at=_NOW + lane.c.wait)
)

_FIRST_TOO_MANY = (
    select(delivery.c.seq)
    .where(delivery.c.lane_id == lane.c.id, delivery.c.state == literal("pending"))
    .order_by(delivery.c.seq)
    .offset(MOST_DELIVERIES)
    .limit(1)
    .correlate(lane)
    .scalar_subquery()
)
_LONG = select(lane.c.id).where(_IDS, _FIRST_TOO_MANY.is_not(None))
_PENDING = (
    select(
        delivery.c.lane_id,
        delivery.c.id,
        delivery.c.seq,
        delivery.c.event_id,
        delivery.c.address,
        func.length(event.c.body).label("size"),
    )
    .join(event, event.c.id == delivery.c.event_id)
    .where(
        delivery.c.lane_id.in_(bindparam("ids", expanding=True)),
        delivery.c.state == literal("pending"),
    )
    .order_by(delivery.c.lane_id, delivery.c.seq)
)
_FIRST_PENDING = _PENDING.limit(MOST_DELIVERIES + 1)
_EVENTS = select(
    event.c.id, event.c.source, event.c.name, event.c.named, event.c.body, event.c.received_at
).where(event.c.id.in_(bindparam("ids", expanding=True)))

_Rows = list[Any]
_Chosen = tuple[_Rows, bool]


def _pending(transaction: Transaction, lanes: Iterable[int]) -> dict[int, _Rows]:
    """Lane → what is pending there, oldest first; of a long lane one more than is taken at once."""
    ids = set(lanes)
    long = set(transaction.connection.scalars(_LONG, {"ids": list(ids)}))
    found = transaction.connection.execute(_PENDING, {"ids": list(ids - long)})
    pending = {id: list(rows) for id, rows in groupby(found, key=lambda row: row.lane_id)}
    return pending | {
        id: list(transaction.connection.execute(_FIRST_PENDING, {"ids": [id]})) for id in long
    }


def _choose(pending: dict[int, _Rows], lanes: Iterable[int]) -> dict[int, _Chosen]:
    """Lane → its rows and whether some were left.

    Lanes that do not fit with the others are missing.
    """
    chosen: dict[int, _Chosen] = {}
    count = total = 0
    read_events: set[str] = set()  # events: the body of one for many people is read once
    for id in lanes:
        rows = _cap(pending.get(id, []))
        size = sum(row.size for row in rows if row.event_id not in read_events)
        too_many = count + len(rows) > MOST_DELIVERIES_IN_ALL or total + size > MOST_BYTES_IN_ALL
        if count and too_many:
            continue
        count += len(rows)
        total += size
        read_events.update(row.event_id for row in rows)
        chosen[id] = (rows, len(rows) < len(pending.get(id, [])))
    return chosen


def _cap(rows: _Rows) -> _Rows:
    """As many as fit, at least one."""
    size = 0
    for count, row in enumerate(rows):
        if count == MOST_DELIVERIES or (count and size + row.size > MOST_BYTES):
            return rows[:count]
        size += row.size
    return rows


def _events(transaction: Transaction, ids: set[str]) -> dict[str, Any]:
    """Every body once, however many lanes share the event."""
    found = transaction.connection.execute(_EVENTS, {"ids": list(ids)}) if ids else ()
    return {row.id: row for row in found}


def _lane(
    row: Any,
    pending: _Rows,
    events: dict[str, Any],
    addresses: tuple[str, ...],
    *,
    capped: bool,
) -> ReadyLane:
    return ReadyLane(
        lane_id=row.id,
        connector=row.connector,
        person_key=row.person_key,
        version=row.version,
        attempts=row.attempts,
        failing_since=from_micros_or_none(row.failing_since),
        deliveries=tuple(_deliveries(pending, events)),
        capped=capped,
        replayed=row.replayed,
        addresses=addresses,
    )


def _deliveries(pending: _Rows, events: dict[str, Any]) -> Iterator[PendingDelivery]:
    for row in pending:
        stored = events[row.event_id]
        received_at = from_micros(stored.received_at)
        yield PendingDelivery(
            row.id,
            row.seq,
            row.event_id,
            stored.source,
            stored.name,
            stored.named,
            stored.body,
            received_at,
            row.address,
        )
