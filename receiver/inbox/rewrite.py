"""Delivering the newest state of a record again, where somebody may have written an older one over it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, bindparam, case, literal_column, select, update

from receiver.inbox.stamps import Stamp
from receiver.inbox.tables import delivery, lane, literal, state_is
from receiver.inbox.times import micros
from receiver.inbox.transaction import Transaction

_AT_ONCE: Final = 500  # parameters


def rewrite(transaction: Transaction, stamps: Collection[Stamp], *, now: datetime) -> None:
    """Make what these events delivered pending again, and what was delivered after them in their lanes.

    A lane that waits for a retry keeps its time, and what is dead or discarded stays so. What was purged or erased is not written again.
    Wants a transaction of its own: lanes are locked first, and in their order.
    """
    first = _places(transaction, stamps)
    locked = transaction.connection.execute(_LOCK, {"ids": list(first)}).all() if first else []
    woken = []
    for row in locked:
        again = transaction.connection.execute(_AGAIN, {"of": row.id, "first": first[row.id]}).rowcount
        if again or row.state == "leased":  # what it is writing now may be what was written over
            woken.append(row.id)
    if woken:
        transaction.woken.update(transaction.connection.scalars(_WAKE, {"ids": woken, "now": micros(now)}))


def _places(transaction: Transaction, stamps: Collection[Stamp]) -> dict[int, int]:
    """Lane → the first of its places that is meant."""
    events = sorted({stamp.event_id for stamp in stamps})
    wanted, first = {(stamp.event_id, stamp.lane_id) for stamp in stamps}, dict[int, int]()
    for start in range(0, len(events), _AT_ONCE):
        for row in transaction.connection.execute(_PLACES, {"events": events[start : start + _AT_ONCE]}):
            if (row.event_id, row.lane_id) in wanted:
                first[row.lane_id] = min(row.seq, first.get(row.lane_id, row.seq))
    return first


_PLACES = select(delivery.c.event_id, delivery.c.lane_id, delivery.c.seq).where(
    delivery.c.event_id.in_(bindparam("events", expanding=True))
)
_IDS = lane.c.id.in_(bindparam("ids", expanding=True))
_LOCK = select(lane.c.id, lane.c.state).where(_IDS).order_by(lane.c.person_key, lane.c.connector).with_for_update()
_AGAIN = (
    update(delivery)
    .where(delivery.c.lane_id == bindparam("of"), state_is("delivered"), delivery.c.seq >= bindparam("first"))
    .values(state=literal("pending"), settled_at=None)
)
_IDLE = lane.c.state == literal("idle")
_WAKE = (
    update(lane)
    .where(_IDS)
    .values(
        version=lane.c.version + 1,
        replayed=lane.c.version + 1,
        bulk=case((_IDLE, literal_column("0", BigInteger())), else_=lane.c.bulk),
        state=case((_IDLE, literal("ready")), else_=lane.c.state),
        due_at=case((_IDLE, bindparam("now", type_=BigInteger)), else_=lane.c.due_at),
    )
    .returning(lane.c.connector)
)
