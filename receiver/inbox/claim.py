"""Claiming: a worker takes lanes that are due, each with its oldest pending deliveries, for the time of a lease."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, func, literal_column, or_, select, update

from receiver.inbox.identifiers import came_at
from receiver.inbox.tables import delivery, event, lane, literal
from receiver.inbox.times import micros, moment, moment_or_none
from receiver.inbox.transaction import Transaction

MOST_DELIVERIES = 200  # of one lane at once
MOST_BYTES = 4 * 1024 * 1024  # of bodies of one lane
MOST_DELIVERIES_IN_ALL = 1500
MOST_BYTES_IN_ALL = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pending:
    """One event that is to be delivered in a lane. `seq` is its place there."""

    delivery_id: int
    seq: int
    event_id: str
    source: str
    name: str
    named: str | None
    body: bytes
    received_at: datetime

    @property
    def came_at(self) -> datetime:
        """Later than `received_at` where it was handed in late."""
        return came_at(self.event_id, self.received_at)


@dataclass(frozen=True, slots=True)
class Claim:
    """One lane under a lease. Nobody else gets it until it is settled or the lease runs out."""

    lane_id: int
    connector: str
    person_key: str
    lease_token: str
    version: int
    attempts: int  # before this one; above 0 an earlier attempt may have written without our seeing it
    failing_since: datetime | None
    deliveries: tuple[Pending, ...]  # oldest first
    capped: bool = False  # more are pending than one claim takes
    replayed: int = 0  # the version that the lane's last replay made


class Ready(NamedTuple):
    """How many lanes could be claimed: those with something live in them, and those that wait in bulk."""

    live: int
    bulk: int


def claim(transaction: Transaction, connector: str, *, limit: int, lease: timedelta, now: datetime, bulk: bool = False) -> list[Claim]:
    """Up to `limit` lanes that are due, the longest due first: live ones, or those that wait in bulk.

    A lane in which nothing is pending any more is put to rest instead.
    """
    token = secrets.token_hex(16)
    picked = transaction.connection.execute(_PICKS[bulk], {"of": connector, "most": limit, "now": micros(now)})
    lanes = {row.id: row for row in picked}
    if not lanes:
        return []
    chosen = _choose(_pending(transaction, lanes), lanes)
    transaction.connection.execute(_TAKE, {"ids": list(chosen), "token": token, "until": micros(now + lease)})
    bodies = _events(transaction, {row.event_id for rows, _ in chosen.values() for row in rows})
    claims = [_claim(lanes[id], token, rows, bodies, capped=capped) for id, (rows, capped) in chosen.items() if rows]
    _rest(transaction, [id for id, (rows, _) in chosen.items() if not rows])
    return claims


def extend(transaction: Transaction, claims: Sequence[Claim], *, lease: timedelta, now: datetime) -> frozenset[int]:
    """Make the leases end later. A lease that was lost stays lost; the lanes that are still held are returned."""
    tokens: dict[str, list[int]] = {}
    for held in claims:
        tokens.setdefault(held.lease_token, []).append(held.lane_id)
    held_lanes: set[int] = set()
    for token, ids in tokens.items():
        held_lanes.update(transaction.connection.scalars(_EXTEND, {"token": token, "ids": ids, "until": micros(now + lease)}))
    return frozenset(held_lanes)


def ready_lanes(transaction: Transaction, connector: str, *, limit: int, now: datetime) -> Ready:
    """How many lanes could be claimed now; counts each kind up to `limit`."""
    return Ready(*transaction.connection.execute(_READY, {"of": connector, "now": micros(now), "most": limit}).one())


def next_due(transaction: Transaction, connector: str) -> datetime | None:
    """When the next lane can be claimed; a time in the past where one can be now, None where all are idle."""
    return moment_or_none(min(_known(transaction.connection.execute(_NEXT, {"of": connector}).one()), default=None))


def last_due(transaction: Transaction, connector: str) -> datetime | None:
    """When the last of the lanes that are not idle can be claimed."""
    return moment_or_none(max(_known(transaction.connection.execute(_LAST, {"of": connector}).one()), default=None))


def _known(times: Iterable[int | None]) -> list[int]:
    return [time for time in times if time is not None]


def recall(transaction: Transaction, connector: str, *, longest_wait: timedelta, longest_lease: timedelta, now: datetime) -> int:
    """Make those due now whose time was told by a clock that was ahead: nobody waits so long. Returns how many."""
    beyond = {"wait": micros(now + longest_wait), "lease": micros(now + longest_lease)}
    return transaction.connection.execute(_RECALL, {"of": connector, "now": micros(now), **beyond}).rowcount


def release_all(transaction: Transaction) -> None:
    """End every lease at once: for a store whose only process has just started, so that all others are of a dead one."""
    transaction.connection.execute(_RELEASE_ALL)


_BUSY = lane.c.state != literal("idle")

_QUEUES = [(lane.c.connector == bindparam("of"), _BUSY, lane.c.bulk == literal_column(bulk)) for bulk in ("0", "1")]
"""What comes live, and what waits in bulk."""

_DUE = [and_(*queue, lane.c.due_at <= bindparam("now")) for queue in _QUEUES]
_READY = select(
    *(select(func.count()).select_from(select(lane.c.id).where(due).limit(bindparam("most")).subquery()).scalar_subquery() for due in _DUE)
)

_LANE = (lane.c.id, lane.c.connector, lane.c.person_key, lane.c.version, lane.c.attempts, lane.c.failing_since, lane.c.replayed)
_PICKS = [select(*_LANE).where(due).order_by(lane.c.due_at).limit(bindparam("most")).with_for_update(skip_locked=True) for due in _DUE]
_IDS = lane.c.id.in_(bindparam("ids", expanding=True))
_TAKE = (
    update(lane)
    .where(_IDS)
    .values(state=literal("leased"), lease_token=bindparam("token"), due_at=bindparam("until"), attempts=lane.c.attempts + 1)
)
_MINE = (lane.c.lease_token == bindparam("token"), lane.c.state == literal("leased"))
_HELD = (
    select(lane.c.id)
    .where(_IDS, *_MINE)
    .order_by(lane.c.person_key, lane.c.connector)  # as everybody locks them
    .with_for_update()
    .cte("held")
    .prefix_with("MATERIALIZED")
)
_EXTEND = update(lane).where(lane.c.id.in_(select(_HELD.c.id))).values(due_at=bindparam("until")).returning(lane.c.id)
_REST = update(lane).where(_IDS).values(state=literal("idle"), lease_token=None, attempts=0, failing_since=None)
_RELEASE_ALL = update(lane).where(lane.c.state == literal("leased")).values(state=literal("ready"), lease_token=None, due_at=0)
_NEXT = select(*(select(func.min(lane.c.due_at)).where(*queue).scalar_subquery() for queue in _QUEUES))
_LAST = select(*(select(func.max(lane.c.due_at)).where(*queue).scalar_subquery() for queue in _QUEUES))
_LEASED = lane.c.state == literal("leased")
_RECALL = (
    update(lane)
    .where(or_(*(and_(*queue) for queue in _QUEUES)), lane.c.due_at > case((_LEASED, bindparam("lease")), else_=bindparam("wait")))
    .values(state=literal("ready"), lease_token=None, due_at=bindparam("now"))
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
    select(delivery.c.lane_id, delivery.c.id, delivery.c.seq, delivery.c.event_id, func.length(event.c.body).label("size"))
    .join(event, event.c.id == delivery.c.event_id)
    .where(delivery.c.lane_id.in_(bindparam("ids", expanding=True)), delivery.c.state == literal("pending"))
    .order_by(delivery.c.lane_id, delivery.c.seq)
)
_FIRST_PENDING = _PENDING.limit(MOST_DELIVERIES + 1)
_EVENTS = select(event.c.id, event.c.source, event.c.name, event.c.named, event.c.body, event.c.received_at).where(
    event.c.id.in_(bindparam("ids", expanding=True))
)

_Rows = list[Any]
_Chosen = tuple[_Rows, bool]


def _pending(transaction: Transaction, lanes: Iterable[int]) -> dict[int, _Rows]:
    """Lane → what is pending there, oldest first. Of a long lane one more than a claim takes; its history costs nothing."""
    ids = set(lanes)
    long = set(transaction.connection.scalars(_LONG, {"ids": list(ids)}))
    found = transaction.connection.execute(_PENDING, {"ids": list(ids - long)})
    pending = {id: list(rows) for id, rows in groupby(found, key=lambda row: row.lane_id)}
    return pending | {id: list(transaction.connection.execute(_FIRST_PENDING, {"ids": [id]})) for id in long}


def _choose(pending: dict[int, _Rows], lanes: Iterable[int]) -> dict[int, _Chosen]:
    """Lane → its rows and whether some were left. Lanes that do not fit into memory with the others are missing."""
    chosen: dict[int, _Chosen] = {}
    count = total = 0
    held: set[str] = set()  # events: the body of one for many people is read once
    for id in lanes:
        rows = _cap(pending.get(id, []))
        size = sum(row.size for row in rows if row.event_id not in held)
        if count and (count + len(rows) > MOST_DELIVERIES_IN_ALL or total + size > MOST_BYTES_IN_ALL):
            continue
        count += len(rows)
        total += size
        held.update(row.event_id for row in rows)
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


def _rest(transaction: Transaction, ids: list[int]) -> None:
    """Safe because the lanes are locked: an event that is being accepted for them waits, and wakes them again."""
    if ids:
        transaction.connection.execute(_REST, {"ids": ids})


def _events(transaction: Transaction, ids: set[str]) -> dict[str, Any]:
    """Every body once, however many lanes share the event."""
    return {row.id: row for row in transaction.connection.execute(_EVENTS, {"ids": list(ids)})} if ids else {}


def _claim(row: Any, token: str, pending: _Rows, events: dict[str, Any], *, capped: bool) -> Claim:
    return Claim(
        lane_id=row.id,
        connector=row.connector,
        person_key=row.person_key,
        lease_token=token,
        version=row.version,
        attempts=row.attempts,
        failing_since=moment_or_none(row.failing_since),
        deliveries=tuple(_one(delivered, events[delivered.event_id]) for delivered in pending),
        capped=capped,
        replayed=row.replayed,
    )


def _one(row: Any, kept: Any) -> Pending:
    return Pending(
        delivery_id=row.id,
        seq=row.seq,
        event_id=row.event_id,
        source=kept.source,
        name=kept.name,
        named=kept.named,
        body=kept.body,
        received_at=moment(kept.received_at),
    )
