"""What became of events for one person, whoever else is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from receiver.inbox.db.tables import delivery, lane
from receiver.inbox.db.timestamps import from_micros_or_none
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.people.addresses import find_names


@dataclass(frozen=True, slots=True)
class PersonDelivery:
    """One event at one connector, as it stands for the person. `due_at` is when a pending one is
    tried again, None where it is not put off.
    """

    event_id: str
    connector: str
    state: str
    reason: str | None
    settled_at: datetime | None
    due_at: datetime | None


def list_person_deliveries(
    transaction: Transaction, key: str, event_ids: Sequence[str]
) -> list[PersonDelivery]:
    """Of these events alone; by connector."""
    keys = list(find_names(transaction, key).keys)
    values = {"keys": keys, "events": list(event_ids)}
    return [
        PersonDelivery(
            row.event_id,
            row.connector,
            row.state,
            row.reason,
            from_micros_or_none(row.settled_at),
            from_micros_or_none(row.due_at) if row.state == "pending" and row.wait else None,
        )
        for row in transaction.connection.execute(_DELIVERIES, values)
    ]


# by the person's lanes and the events: an announcement has thousands of deliveries
_LANES = select(lane.c.id).where(lane.c.person_key.in_(bindparam("keys", expanding=True)))
_DELIVERIES = (
    select(
        delivery.c.event_id,
        delivery.c.connector,
        delivery.c.state,
        delivery.c.reason,
        delivery.c.settled_at,
        lane.c.due_at,
        lane.c.wait,
    )
    .join(lane, lane.c.id == delivery.c.lane_id)
    .where(
        delivery.c.event_id.in_(bindparam("events", expanding=True)),
        delivery.c.lane_id.in_(_LANES),
    )
    .order_by(delivery.c.connector, delivery.c.id)
)
