"""Removing what is old and done, in small chunks so that new events hardly wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Generic, TypeVar

from sqlalchemy import BindParameter, bindparam, delete, exists, select

from receiver.inbox.db.event_ids import first_id
from receiver.inbox.db.tables import (
    DELIVERY_STATES,
    attempt,
    delivery,
    drift,
    event,
    event_person,
    literal,
    original,
    uncounted,
)
from receiver.inbox.db.timestamps import to_micros
from receiver.inbox.db.transaction import Transaction, TransactionRunner
from receiver.inbox.lanes.replay import lock_lanes

K = TypeVar("K", str, int)

CHUNK: Final = 200


@dataclass(frozen=True, slots=True)
class PurgedChunk(Generic[K]):
    """How many were removed, and where to go on; None where the end is reached."""

    removed: int
    last: K | None


async def purge_old(
    write: TransactionRunner, *, before: datetime, keep_uncounted: bool = False
) -> int:
    """Remove events received before then that nobody waits for, and what belongs to them; with
    `keep_uncounted` those stay whose facts profiles wait for.

    Returns the number of events.
    """
    removed, event_id = 0, ""
    while True:
        events = await write(
            partial(purge_events, before=before, after=event_id, keep_uncounted=keep_uncounted)
        )
        removed += events.removed
        if events.last is None:
            break
        event_id = events.last
    attempt_id: int | None = 0
    while attempt_id is not None:
        attempt_id = (await write(partial(purge_attempts, before=before, after=attempt_id))).last
    await write(partial(purge_drift, before=before))
    return removed


def purge_events(
    transaction: Transaction, *, before: datetime, after: str, keep_uncounted: bool = False
) -> PurgedChunk[str]:
    """Look at the next events received before `before`.

    An event stays while it waits for somebody (pending, dead, quarantined), and while an earlier
    one of the same lane does: replaying that one has to bring this one along.
    """
    window = list(
        transaction.connection.scalars(
            _WINDOW, {"after": after, "before": first_id(before), "most": CHUNK}
        )
    )
    if window:
        lock_lanes(transaction, list(transaction.connection.scalars(_LANES, {"ids": window})))
    chosen = _DONE.where(~_UNCOUNTED) if keep_uncounted else _DONE
    done = list(transaction.connection.scalars(chosen, {"ids": window})) if window else []
    remove_events(transaction, done)
    return PurgedChunk(len(done), window[-1] if len(window) == CHUNK else None)


def purge_attempts(transaction: Transaction, *, before: datetime, after: int) -> PurgedChunk[int]:
    """Look at the next attempts; those begun before `before` go, unless an event that they are
    about is still there.
    """
    window = transaction.connection.execute(_ATTEMPTS, {"after": after, "most": CHUNK}).all()
    old = [row.id for row in window if row.started_at < to_micros(before)]
    removed = transaction.connection.execute(_OLD_ATTEMPTS, {"ids": old}).rowcount if old else 0
    return PurgedChunk(
        removed, window[-1].id if len(window) == CHUNK and len(old) == CHUNK else None
    )


def purge_drift(transaction: Transaction, *, before: datetime) -> None:
    """Forget keys that no longer come."""
    transaction.connection.execute(delete(drift).where(drift.c.last_at < to_micros(before)))


def remove_events(transaction: Transaction, ids: Sequence[str]) -> None:
    """Delete these events with their deliveries and people."""
    if ids:
        for statement in _REMOVALS:
            transaction.connection.execute(statement, {"ids": list(ids)})


def _ids() -> BindParameter[Sequence[str]]:
    return bindparam("ids", expanding=True)


_OPEN = (literal("pending"), literal("dead"))
_EARLIER = delivery.alias("earlier")
_WINDOW = (
    select(event.c.id)
    .where(event.c.id > bindparam("after"), event.c.id < bindparam("before"))
    .order_by(event.c.id)
    .limit(bindparam("most"))
    .with_for_update()  # nobody gives them deliveries now
)
_LANES = select(delivery.c.lane_id).where(delivery.c.event_id.in_(_ids())).distinct()
_WAITS = exists().where(delivery.c.event_id == event.c.id, delivery.c.state.in_(_OPEN))
_BEHIND = exists().where(
    delivery.c.event_id == event.c.id,
    _EARLIER.c.lane_id == delivery.c.lane_id,
    _EARLIER.c.state.in_(_OPEN),
    _EARLIER.c.seq < delivery.c.seq,
)
_UNCOUNTED = exists().where(uncounted.c.event_id == event.c.id, uncounted.c.aside == 0)
_DONE = select(event.c.id).where(
    event.c.id.in_(_ids()), event.c.state != literal("quarantined"), ~_WAITS, ~_BEHIND
)
_REMOVALS = (
    *(
        delete(table).where(table.c.event_id.in_(_ids()))
        for table in (delivery, event_person, original, uncounted)
    ),
    delete(event).where(event.c.id.in_(_ids())),
)
_ATTEMPTS = (
    select(attempt.c.id, attempt.c.started_at)
    .where(attempt.c.id > bindparam("after"))
    .order_by(attempt.c.id)
    .limit(bindparam("most"))
)
_OLD_ATTEMPTS = delete(attempt).where(
    attempt.c.id.in_(_ids()),
    ~exists().where(
        delivery.c.lane_id == attempt.c.lane_id,
        delivery.c.state.in_([literal(state) for state in DELIVERY_STATES]),
        delivery.c.seq >= attempt.c.first_seq,
        delivery.c.seq <= attempt.c.last_seq,
    ),
)
