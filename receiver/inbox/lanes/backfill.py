"""Deliveries that accepted events did not get when they came: there was no route for it yet, or not
this connector.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import bindparam, select

from receiver.inbox.db.bulk_statements import DELIVERIES, LANES
from receiver.inbox.db.tables import LanePriority, delivery, event, event_person, lane, literal
from receiver.inbox.db.timestamps import to_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.lanes.reorder import put_in_order
from receiver.inbox.lanes.replay import lock_lanes

Pairs = Iterable[tuple[str, str]]
"""Of connector and address in the event."""

_Lanes = dict[tuple[str, str], str | None]
"""Person key and connector → the address in the event, where that is not the key."""


def add_deliveries(transaction: Transaction, wanted: Mapping[str, Pairs], *, now: datetime) -> int:
    """Make the deliveries that these events have not got for their pairs, before those of later
    events. Returns how many were made.

    Several events at once may have some hundred pairs together, one alone any number.
    """
    connection = transaction.connection
    accepted = list(connection.scalars(_ACCEPTED, {"ids": list(wanted)}))
    people = {id: _keyed(transaction, id, wanted[id]) for id in accepted}
    if len(accepted) > 1:
        _lock(transaction, {pair for lanes in people.values() for pair in lanes})
    return sum(_route(transaction, id, people[id], now=now) for id in accepted)


def _keyed(transaction: Transaction, id: str, pairs: Pairs) -> _Lanes:
    """The lanes with the person's address in the event where that is not the key, as accepting has
    found whose it is.
    """
    keys = {
        row.address: row.person_key
        for found in (_ROUTED_AS, _KNOWN_AS)
        for row in transaction.connection.execute(found, {"of": id})
    }
    lanes: _Lanes = {}
    for connector, address in pairs:
        key = keys.get(address, address)
        lanes.setdefault((key, connector), None if key == address else address)
    return lanes


def _lock(transaction: Transaction, pairs: Collection[tuple[str, str]]) -> None:
    """All lanes before the first is written to, in the order in which everybody takes them: event
    by event it would be another one.
    """
    found = transaction.connection.execute(
        _LANES_OF, {"people": list({person for person, _ in pairs})}
    )
    lock_lanes(transaction, [row.id for row in found if (row.person_key, row.connector) in pairs])


def _route(transaction: Transaction, id: str, lanes: _Lanes, *, now: datetime) -> int:
    connection = transaction.connection
    there = {
        (row.person_key, row.connector): row.id for row in connection.execute(_THERE, {"of": id})
    }
    missing = sorted(lanes.keys() - there.keys())
    source = find_sources(transaction, id)
    LANES.execute(
        connection, [(*pair, source, to_micros(now), 1, LanePriority.BULK) for pair in missing]
    )
    DELIVERIES.execute(connection, [(*pair, id, 0, lanes[pair]) for pair in missing])
    transaction.woken.update(connector for _, connector in missing)
    if missing:
        put_in_order(transaction, id, but=there.values(), now=now)
    return len(missing)


def find_sources(transaction: Transaction, id: str) -> str:
    """The source of an event that is stored."""
    source: str = transaction.connection.scalars(
        select(event.c.source).where(event.c.id == id)
    ).one()
    return source


_ACCEPTED = (  # locked: neither retention nor an erasure may remove them meanwhile
    select(event.c.id)
    .where(event.c.id.in_(bindparam("ids", expanding=True)), event.c.state == literal("accepted"))
    .order_by(event.c.id)
    .with_for_update()
)
_LANES_OF = select(lane.c.id, lane.c.connector, lane.c.person_key).where(
    lane.c.person_key.in_(bindparam("people", expanding=True))
)
_THERE = (
    select(lane.c.id, lane.c.person_key, lane.c.connector)
    .join(delivery, delivery.c.lane_id == lane.c.id)
    .where(delivery.c.event_id == bindparam("of"))
)
_ROUTED_AS = (
    select(delivery.c.address, lane.c.person_key)
    .join(lane, lane.c.id == delivery.c.lane_id)
    .where(delivery.c.event_id == bindparam("of"), delivery.c.address.is_not(None))
)
_KNOWN_AS = select(event_person.c.address, event_person.c.person_key).where(
    event_person.c.event_id == bindparam("of"), event_person.c.address.is_not(None)
)
