"""Where an event belongs in lanes that have gone on to later ones."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from receiver.inbox import replay
from receiver.inbox.tables import attempt, delivery
from receiver.inbox.transaction import Transaction


def put_in_order(transaction: Transaction, id: str, *, but: Collection[int] = (), now: datetime) -> None:
    """Let the event, just added at the end of its lanes, take the place of the first later one there; all from it on move on and are
    delivered again. An order that comes late must not undo its refund. The lanes `but` had the event before and stay as they are.
    """
    rows = [row for row in transaction.connection.execute(_SUCCESSORS, {"of": id}) if row.place is not None and row.lane_id not in but]
    for row in rows:
        where = {"in_lane": row.lane_id, "from_place": row.place}
        for statement in (_MOVE_ON, *_MOVE_ATTEMPTS):
            transaction.connection.execute(statement, where)
        transaction.connection.execute(_TAKE_PLACE, {"delivery_id": row.id, "from_place": row.place})
    if rows:
        lanes = [replay.Lane(row.lane_id, row.place, chosen=0, again=0, discarded=()) for row in rows]
        replay.replay_lanes(transaction, lanes, now=now)


_LATER = delivery.alias("later")
_SUCCESSORS = select(
    delivery.c.id,
    delivery.c.lane_id,
    select(func.min(_LATER.c.seq))
    .where(_LATER.c.lane_id == delivery.c.lane_id, _LATER.c.event_id > bindparam("of"))
    .correlate(delivery)
    .scalar_subquery()
    .label("place"),
).where(delivery.c.event_id == bindparam("of"))
_MOVE_ON = (
    update(delivery)
    .where(delivery.c.lane_id == bindparam("in_lane"), delivery.c.seq >= bindparam("from_place"))
    .values(seq=delivery.c.seq + 1)
)
_MOVE_ATTEMPTS = [
    update(attempt).where(attempt.c.lane_id == bindparam("in_lane"), place >= bindparam("from_place")).values({place: place + 1})
    for place in (attempt.c.first_seq, attempt.c.last_seq)
]
_TAKE_PLACE = update(delivery).where(delivery.c.id == bindparam("delivery_id")).values(seq=bindparam("from_place"))
