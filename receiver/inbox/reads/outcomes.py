"""What became of the events of a period, and how long the newest took to be delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, bindparam, case, column, func, select, values

from receiver.inbox.db.event_ids import IN_TIME, VERSION_AT, first_id, received_at
from receiver.inbox.db.tables import delivery, event, literal
from receiver.inbox.db.tables.columns import NAME
from receiver.inbox.db.timestamps import from_micros
from receiver.inbox.db.transaction import Transaction

Period = tuple[datetime, datetime]
"""From the first time up to, not with, the second."""

MOST_TIMED: Final = 2_000  # deliveries, the newest


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """Events, each counted once, by what needs attention most: dead at one connector and delivered
    at another is dead. `other`: no route wanted it, or it was discarded.
    """

    delivered: int = 0
    waiting: int = 0
    dead: int = 0
    quarantined: int = 0
    other: int = 0

    @property
    def events(self) -> int:
        return self.delivered + self.waiting + self.dead + self.quarantined + self.other


@dataclass(frozen=True, slots=True)
class LatencyPercentiles:
    """Seconds from an event's arrival to its delivery, over so many deliveries."""

    p50: float
    p95: float
    deliveries: int


def count_outcomes(transaction: Transaction, period: Period) -> OutcomeCounts:
    """Takes as long as it takes to read the deliveries of the period."""
    connection, given = transaction.connection, _bounds(period)
    events = connection.scalar(_EVENTS, given) or 0
    quarantined = connection.scalar(_QUARANTINED, given) or 0
    by_rank = {row.worst: row.number for row in connection.execute(_WORST, given)}
    dead, waiting, delivered = (by_rank.get(rank, 0) for rank in (_DEAD, _PENDING, _DELIVERED))
    other = max(0, events - quarantined - dead - waiting - delivered)
    return OutcomeCounts(delivered, waiting, dead, quarantined, other)


def read_marks(transaction: Transaction, periods: Sequence[Period]) -> list[tuple[int, ...]]:
    """Of each period, which begin at different times, what changes with its outcomes, and is read
    in a moment: how many deliveries are pending, dead or discarded, and how many events are not
    accepted.
    """
    bounds = [(first_id(since), first_id(until)) for since, until in periods]
    rows = transaction.connection.execute(_marks(bounds))
    found = {row[0]: tuple(row[1:]) for row in rows}
    return [found[since] for since, _ in bounds]


def read_latency(transaction: Transaction, *, since: datetime) -> LatencyPercentiles | None:
    """Of the newest deliveries of events that came since then; None where there are none.

    What was handed in late counts for nothing.
    """
    rows = transaction.connection.execute(_NEWEST_DELIVERED, {"since": first_id(since)})
    took = sorted(
        max(0.0, (from_micros(row.settled_at) - received_at(row.event_id)).total_seconds())
        for row in rows
    )
    if not took:
        return None
    p50, p95 = (took[min(len(took) - 1, len(took) * part // 100)] for part in (50, 95))
    return LatencyPercentiles(p50, p95, len(took))


_DEAD, _PENDING, _DELIVERED, _DISCARDED = range(4)


def _bounds(period: Period) -> dict[str, str]:
    since, until = period
    return {"since": first_id(since), "until": first_id(until)}


_OF_EVENT = (event.c.id >= bindparam("since"), event.c.id < bindparam("until"))
_OF_DELIVERY = (delivery.c.event_id >= bindparam("since"), delivery.c.event_id < bindparam("until"))
_ASIDE = event.c.state != literal("accepted")  # the condition of the partial index, word for word
_EVENTS = select(func.count()).select_from(event).where(*_OF_EVENT)
_QUARANTINED = _EVENTS.where(event.c.state == literal("quarantined"), _ASIDE)
_RANK = case(
    (delivery.c.state == literal("dead"), _DEAD),
    (delivery.c.state == literal("pending"), _PENDING),
    (delivery.c.state == literal("discarded"), _DISCARDED),
    else_=_DELIVERED,
)
_EACH = (
    select(func.min(_RANK).label("worst"))
    .where(*_OF_DELIVERY)
    .group_by(delivery.c.event_id)
    .subquery()
)
_WORST = select(_EACH.c.worst, func.count().label("number")).group_by(_EACH.c.worst)


def _marks(bounds: Sequence[tuple[str, str]]) -> Select[Any]:
    """All in one statement: to ask for each alone costs more than to find it."""
    period = values(column("since", NAME), column("until", NAME), name="period").data(bounds).cte()
    deliveries = [
        select(func.count())
        .select_from(delivery)
        .where(
            delivery.c.state == literal(state),
            delivery.c.event_id >= period.c.since,
            delivery.c.event_id < period.c.until,
        )
        for state in ("pending", "dead", "discarded")
    ]
    aside = (
        select(func.count())
        .select_from(event)
        .where(event.c.id >= period.c.since, event.c.id < period.c.until, _ASIDE)
    )
    quarantined = aside.where(event.c.state == literal("quarantined"))
    counts = (one.scalar_subquery() for one in (*deliveries, aside, quarantined))
    return select(period.c.since, *counts)


_NEWEST_DELIVERED = (
    select(delivery.c.event_id, delivery.c.settled_at)
    .where(
        delivery.c.state == literal("delivered"),
        delivery.c.event_id >= bindparam("since"),
        delivery.c.settled_at.is_not(None),
        func.substr(delivery.c.event_id, VERSION_AT, 1) == literal(IN_TIME),
    )
    .order_by(delivery.c.event_id.desc())
    .limit(MOST_TIMED)
)
