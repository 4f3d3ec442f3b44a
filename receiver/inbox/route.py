"""Deliveries that an accepted event did not get when it came: there was no route for it yet, or not this connector."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select

from receiver.inbox.order import put_in_order
from receiver.inbox.statements import DELIVERIES, LANES
from receiver.inbox.tables import delivery, event, lane, literal
from receiver.inbox.times import micros
from receiver.inbox.transaction import Transaction


def route(transaction: Transaction, id: str, lanes: Iterable[tuple[str, str]], *, now: datetime) -> int:
    """Make the deliveries for those (connector, person key) that have none, before those of later events. Returns how many were made."""
    connection = transaction.connection
    if connection.scalar(_ACCEPTED, {"of": id}) is None:
        return 0
    there = {(row.person_key, row.connector): row.id for row in connection.execute(_THERE, {"of": id})}
    missing = sorted({(person, connector) for connector, person in lanes} - there.keys())
    LANES.execute(connection, [(*pair, micros(now), 1) for pair in missing])
    DELIVERIES.execute(connection, [(*pair, id, 0) for pair in missing])
    transaction.woken.update(connector for _, connector in missing)
    if missing:
        put_in_order(transaction, id, but=there.values(), now=now)
    return len(missing)


_ACCEPTED = select(event.c.id).where(event.c.id == bindparam("of"), event.c.state == literal("accepted")).with_for_update()
_THERE = (
    select(lane.c.id, lane.c.person_key, lane.c.connector)
    .join(delivery, delivery.c.lane_id == lane.c.id)
    .where(delivery.c.event_id == bindparam("of"))
)
