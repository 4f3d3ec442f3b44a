"""Puts a late event into its place in lanes that have gone on to later ones."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, bindparam, case, func, literal_column, null, select, update

from receiver.inbox.db.tables import attempt, delivery, literal
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.lanes import replay

_AT_ONCE = 1000  # lanes


def put_in_order(
    transaction: Transaction, id: str, *, but: Collection[int] = (), now: datetime
) -> None:
    """Let the event, just added at the end of its lanes, take the place of the first later one
    there; all from it on move on and are delivered again. An order that comes late must not undo
    its refund. The lanes `but` had the event before and stay as they are.

    The lanes must be locked, as they are once it was added.
    """
    rows = [
        row
        for row in transaction.connection.execute(_SUCCESSORS, {"of": id})
        if row.place is not None and row.lane_id not in but
    ]
    for start in range(0, len(rows), _AT_ONCE):
        lanes = [row.lane_id for row in rows[start : start + _AT_ONCE]]
        for statement in (_MOVE, _MOVE_ATTEMPTS):
            transaction.connection.execute(statement, {"of": id, "lanes": lanes})
        replay.wake_lanes(transaction, lanes, now=now)


_LATER = delivery.alias("later")
_PLACE = (
    # in a WHERE, PostgreSQL may read all later events
    select(func.min(case((_LATER.c.event_id > bindparam("of"), _LATER.c.seq))))
    .where(_LATER.c.lane_id == delivery.c.lane_id)
    .correlate(delivery)
    .scalar_subquery()
    .label("place")
)
_SUCCESSORS = select(delivery.c.lane_id, _PLACE).where(delivery.c.event_id == bindparam("of"))
_THERE = (
    _SUCCESSORS.where(delivery.c.lane_id.in_(bindparam("lanes", expanding=True)))
    .cte("there")
    .prefix_with("MATERIALIZED")
)
_ITSELF = delivery.c.event_id == bindparam("of")
_DONE = delivery.c.state.in_([literal("delivered"), literal("dry_run"), literal("dead")])
_MOVE = (
    update(delivery)
    .where(delivery.c.lane_id == _THERE.c.lane_id, delivery.c.seq >= _THERE.c.place)
    .values(
        seq=case((_ITSELF, _THERE.c.place), else_=delivery.c.seq + 1),
        state=case((_DONE, literal("pending")), else_=delivery.c.state),
        reason=case((_DONE, null()), else_=delivery.c.reason),
        settled_at=case((_DONE, null()), else_=delivery.c.settled_at),
    )
)
_MOVE_ATTEMPTS = (
    update(attempt)
    .where(
        and_(
            delivery.c.event_id == bindparam("of"),
            delivery.c.lane_id.in_(bindparam("lanes", expanding=True)),
        ),
        attempt.c.lane_id == delivery.c.lane_id,
        attempt.c.last_seq >= delivery.c.seq,
    )
    .values(
        first_seq=attempt.c.first_seq
        + case(
            (attempt.c.first_seq >= delivery.c.seq, literal_column("1")), else_=literal_column("0")
        ),
        last_seq=attempt.c.last_seq + 1,
    )
)
