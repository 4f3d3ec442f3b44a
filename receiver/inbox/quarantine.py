"""Calls that failed their schema: kept until they are judged anew and pass, or are discarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from receiver.inbox import replay
from receiver.inbox.accept import Accepted, Acceptor, NewEvent
from receiver.inbox.errors import Unknown
from receiver.inbox.tables import attempt, delivery, event, literal
from receiver.inbox.text import from_json
from receiver.inbox.times import moment
from receiver.inbox.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Quarantined:
    id: str
    source: str
    named: str | None
    body: bytes
    received_at: datetime
    faults: tuple[tuple[str, str], ...]


def quarantined(transaction: Transaction, *, after: str | None, limit: int) -> list[Quarantined]:
    """Up to `limit` of them, oldest first, those after the id `after`; so that revalidating keeps the order."""
    rows = transaction.connection.execute(_WAITING, {"after": after or "", "most": limit})
    return [Quarantined(row.id, row.source, row.named, row.body, moment(row.received_at), _faults(row.faults)) for row in rows]


def revalidate(transaction: Transaction, acceptor: Acceptor, id: str, new: NewEvent) -> Accepted | None:
    """Put the judged form in the place of the quarantined one; id, body and time stay. None where it still has faults: they are renewed.

    Its deliveries come before those of later events, which are delivered again after it: an order that left the quarantine must
    not undo its refund. If the same content was accepted meanwhile, it is discarded as a duplicate. Raises Unknown where
    nothing of that id is in quarantine.
    """
    if transaction.connection.scalar(_THIS, {"of": id}) is None:
        raise Unknown(f"no call {id} is in quarantine")
    accepted = acceptor.replace(transaction, id, new)
    if accepted and accepted.deliveries:
        _put_in_order(transaction, id, new.received_at)
    return accepted


def _put_in_order(transaction: Transaction, id: str, now: datetime) -> None:
    """Let the event take the place of the first later one in each of its lanes, and all from there move on and be delivered again."""
    rows = [row for row in transaction.connection.execute(_SUCCESSORS, {"of": id}) if row.place is not None]
    for row in rows:
        where = {"in_lane": row.lane_id, "from_place": row.place}
        for statement in (_MOVE_ON, *_MOVE_ATTEMPTS):
            transaction.connection.execute(statement, where)
        transaction.connection.execute(_TAKE_PLACE, {"delivery_id": row.id, "from_place": row.place})
    if rows:
        lanes = [replay.Lane(row.lane_id, row.place, chosen=0, again=0, discarded=()) for row in rows]
        replay.replay_lanes(transaction, lanes, now=now)


def discard(transaction: Transaction, ids: Sequence[str]) -> int:
    """Give up those that are in quarantine. Returns how many were."""
    return transaction.connection.execute(_DISCARD, {"ids": list(ids)}).rowcount


_ASIDE = (event.c.state == literal("quarantined"), event.c.state != literal("accepted"))
_WAITING = (
    select(event.c.id, event.c.source, event.c.named, event.c.body, event.c.received_at, event.c.faults)
    .where(*_ASIDE, event.c.id > bindparam("after"))
    .order_by(event.c.id)
    .limit(bindparam("most"))
)
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
_THIS = select(event.c.id).where(event.c.id == bindparam("of"), event.c.state == literal("quarantined")).with_for_update()
_DISCARD = (
    update(event)
    .where(event.c.id.in_(bindparam("ids", expanding=True)), event.c.state == literal("quarantined"))
    .values(state=literal("discarded"))
)


def _faults(text: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((path, message) for path, message in from_json(text))
