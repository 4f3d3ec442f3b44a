"""Which events, or which deliveries, somebody wants to see or to act on.

Each statement is driven by the index that leaves the fewest candidates, and looks up the rest for
each of these, so that the time for a page depends on the page and not on how much is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Select, exists, func, select, union, union_all
from sqlalchemy.sql.elements import ColumnElement, UnaryExpression

from receiver.inbox.db.event_ids import first_id
from receiver.inbox.db.person_keys import lane_keys_of
from receiver.inbox.db.tables import DELIVERY_STATES, delivery, event, event_person, lane, literal

State = Literal["pending", "delivered", "dry_run", "dead", "discarded", "quarantined"]


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are meant: all that is given must hold.

    An event is in the state of any of its deliveries; one that failed its schema is quarantined.

    `event` is a name, or "" for what was recognised as none. `reason` is what a delivery died of,
    to the letter, or the faults of a quarantined event; `reason_key` is the id of a group of dead
    deliveries. Where no state is given, either is of what is dead.
    """

    source: str | None = None
    event: str | None = None
    state: State | None = None
    person: str | None = None
    connector: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason: str | None = None
    reason_key: str | None = None
    ids: tuple[str, ...] | None = None  # only among these events

    def __post_init__(self) -> None:
        if self.state is None and (self.reason, self.reason_key) != (None, None):
            object.__setattr__(self, "state", "dead")


@dataclass(frozen=True, slots=True)
class PageTurn:
    """Which part of a list: up to `limit` events older than the event `before`; or the next ones
    newer than `after`, oldest first.
    """

    limit: int
    before: str | None = None
    after: str | None = None

    def order(self, column: ColumnElement[str]) -> UnaryExpression[str]:
        return column.asc() if self.after else column.desc()


ALL_EVENTS: Final = EventFilter()
_ALL: Final = PageTurn(0)

_ASIDE = event.c.state != literal("accepted")  # the condition of the partial index, word for word


def select_page(chosen: EventFilter, turn: PageTurn) -> Select[tuple[str]]:
    """The query for the ids of one page of the list."""
    if chosen.person is None and chosen.state == "delivered" and (chosen.event or chosen.source):
        return _by_event(chosen, turn)  # most are delivered: the name or the source leaves fewer
    if chosen.person is None and chosen.state in DELIVERY_STATES:
        return _by_delivery(chosen, turn)
    if chosen.person is None and chosen.state is None and chosen.connector is not None:
        return _first(
            [_by_delivery(replace(chosen, state=state), turn) for state in DELIVERY_STATES], turn
        )
    return _by_event(chosen, turn)


def delivery_conditions(chosen: EventFilter) -> list[ColumnElement[bool]]:
    """Conditions on `delivery` for those that match."""
    where = [*_range(delivery.c.event_id, chosen), *_of_delivery(chosen)]
    if of_event := _of_event(chosen):
        where.append(exists().where(event.c.id == delivery.c.event_id, *of_event))
    if chosen.person is not None:
        where.append(
            delivery.c.lane_id.in_(
                select(lane.c.id).where(lane.c.person_key.in_(lane_keys_of(chosen.person)))
            )
        )
    return where


def events_of(keys: Any) -> Any:
    """The ids of the events that somebody with one of these person keys is in, be it a query."""
    routed = (
        select(delivery.c.event_id)
        .join(lane, lane.c.id == delivery.c.lane_id)
        .where(lane.c.person_key.in_(keys))
    )
    others = select(event_person.c.event_id).where(event_person.c.person_key.in_(keys))
    return union(routed, others)


def in_quarantine(chosen: EventFilter) -> Select[int]:
    """The number of calls in quarantine that fit, whoever is in them."""
    where = [*_range(event.c.id, chosen), *_of_event(replace(chosen, state="quarantined"))]
    return select(func.count()).select_from(event).where(*where)


def _by_event(chosen: EventFilter, turn: PageTurn) -> Select[tuple[str]]:
    where = [*_range(event.c.id, chosen, turn), *_of_event(chosen)]
    if chosen.person is not None:
        where.append(event.c.id.in_(events_of(lane_keys_of(chosen.person))))
    if chosen.state in DELIVERY_STATES or chosen.connector is not None:
        where.append(exists().where(delivery.c.event_id == event.c.id, *_of_delivery(chosen)))
    return select(event.c.id).where(*where).order_by(turn.order(event.c.id)).limit(turn.limit)


def _by_delivery(chosen: EventFilter, turn: PageTurn) -> Select[tuple[str]]:
    where = [*_range(delivery.c.event_id, chosen, turn), *_of_delivery(chosen)]
    if of_event := _of_event(chosen):
        where.append(exists().where(event.c.id == delivery.c.event_id, *of_event))
    found = (
        select(delivery.c.event_id.label("id"))
        .where(*where)
        .distinct()
        .order_by(turn.order(delivery.c.event_id))
        .limit(turn.limit)
    )
    if chosen.state != "discarded" or chosen.connector or chosen.reason is not None:
        return found
    aside = [
        event.c.state == literal("discarded"),
        _ASIDE,
        *_range(event.c.id, chosen, turn),
        *_of_event(chosen),
    ]
    return _first(
        [
            found,
            select(event.c.id).where(*aside).order_by(turn.order(event.c.id)).limit(turn.limit),
        ],
        turn,
    )


def _first(found: Sequence[Select[tuple[str]]], turn: PageTurn) -> Select[tuple[str]]:
    """Of several selections what comes first in the list."""
    every = union_all(*(select(one.subquery().c.id) for one in found)).subquery()
    return select(every.c.id).distinct().order_by(turn.order(every.c.id)).limit(turn.limit)


def _range(
    column: ColumnElement[str], chosen: EventFilter, turn: PageTurn = _ALL
) -> list[ColumnElement[bool]]:
    """Times are ranges of ids."""
    until = min(
        (id for id in (turn.before, first_id(chosen.until) if chosen.until else None) if id),
        default=None,
    )
    where = [column >= first_id(chosen.since)] if chosen.since else []
    if until:
        where.append(column < until)
    if turn.after:
        where.append(column > turn.after)
    if chosen.ids is not None:
        where.append(column.in_(chosen.ids))
    return where


def _of_event(chosen: EventFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if chosen.source is not None:
        where.append(event.c.source == chosen.source)
    if chosen.event is not None:
        where.append(event.c.name == chosen.event if chosen.event else event.c.name.is_(None))
    if chosen.state == "quarantined":
        where += [event.c.state == literal("quarantined"), _ASIDE]
        if chosen.reason is not None:
            where.append(event.c.faults == chosen.reason)
    return where


def _of_delivery(chosen: EventFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if chosen.state in DELIVERY_STATES:
        where.append(delivery.c.state == literal(chosen.state))
        if chosen.reason is not None:
            where.append(delivery.c.reason == chosen.reason)
    if chosen.reason_key is not None:
        where += [delivery.c.reason_key == chosen.reason_key, delivery.c.state == literal("dead")]
    if chosen.connector is not None:
        where.append(delivery.c.connector == chosen.connector)
    return where
