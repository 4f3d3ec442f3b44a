"""Deliveries that somebody acted on, followed to see what comes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select

from receiver.inbox.db.event_filter import State
from receiver.inbox.db.tables import delivery, literal
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.lanes.replay import DeliverySelection, chosen_deliveries

MOST_FOLLOWED: Final = 5_000  # deliveries, each of them named in a query


def find_newest(
    transaction: Transaction, selection: DeliverySelection, *, after: int = 0
) -> tuple[int, ...]:
    """The ids of the newest `MOST_FOLLOWED` chosen deliveries; of those made after one only."""
    query = (
        select(delivery.c.id)
        .where(chosen_deliveries(selection), delivery.c.id > after)
        .order_by(delivery.c.id.desc())
        .limit(MOST_FOLLOWED)
    )
    return tuple(transaction.connection.scalars(query))


def count_states(transaction: Transaction, ids: Sequence[int]) -> dict[str, int]:
    """In which states these deliveries are now, and how many in each."""
    query = (
        select(delivery.c.state, func.count().label("number"))
        .where(delivery.c.id.in_(ids))
        .group_by(delivery.c.state)
    )
    return {row.state: row.number for row in transaction.connection.execute(query)}


def find_events(
    transaction: Transaction, ids: Sequence[int], state: State | None
) -> tuple[str, ...]:
    """The ids of the events of these deliveries, or of those in this state."""
    query = select(delivery.c.event_id).where(delivery.c.id.in_(ids)).distinct()
    if state is not None:
        query = query.where(delivery.c.state == literal(state))
    return tuple(transaction.connection.scalars(query))
