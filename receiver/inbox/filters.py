"""Which events, or which deliveries, somebody wants to see or to act on.

Each statement is driven by the index that leaves the fewest candidates, and looks up the rest for each of these, so that
the time for a page depends on the page and not on how much is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Select, exists, select, union, union_all
from sqlalchemy.sql.elements import ColumnElement

from receiver.inbox.identifiers import first_id
from receiver.inbox.tables import DELIVERY_STATES, delivery, event, event_person, lane, literal

State = Literal["pending", "delivered", "dead", "discarded", "quarantined"]


@dataclass(frozen=True, slots=True)
class Filter:
    """All that is given must hold. An event is in the state of any of its deliveries; one that failed its schema is quarantined.

    `reason` is what a dead delivery died of, or the faults of a quarantined event, exactly as `groups` gives it.
    """

    source: str | None = None
    event: str | None = None
    state: State | None = None
    person: str | None = None
    connector: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason: str | None = None


EVERYTHING: Final = Filter()

_ASIDE = event.c.state != literal("accepted")  # the condition of the partial index, word for word


def page(chosen: Filter, *, before: str | None, limit: int) -> Select[tuple[str]]:
    """The ids of up to `limit` events, newest first, older than the event `before`."""
    if chosen.person is None and chosen.state == "delivered" and (chosen.event or chosen.source):
        return _by_event(chosen, before, limit)  # most are delivered: the name or the source leaves fewer
    if chosen.person is None and chosen.state in DELIVERY_STATES:
        return _by_delivery(chosen, before, limit)
    if chosen.person is None and chosen.state is None and chosen.connector is not None:
        return _newest([_by_delivery(replace(chosen, state=state), before, limit) for state in DELIVERY_STATES], limit)
    return _by_event(chosen, before, limit)


def deliveries(chosen: Filter) -> list[ColumnElement[bool]]:
    """Conditions on `delivery` for those that match."""
    where = [*_range(delivery.c.event_id, chosen, None), *_of_delivery(chosen)]
    if of_event := _of_event(chosen):
        where.append(exists().where(event.c.id == delivery.c.event_id, *of_event))
    if chosen.person is not None:
        where.append(delivery.c.lane_id.in_(select(lane.c.id).where(lane.c.person_key == chosen.person)))
    return where


def events_of(person: str) -> Any:
    """The ids of the events that a person is in."""
    routed = select(delivery.c.event_id).join(lane, lane.c.id == delivery.c.lane_id).where(lane.c.person_key == person)
    return union(routed, select(event_person.c.event_id).where(event_person.c.person_key == person))


def _by_event(chosen: Filter, before: str | None, limit: int) -> Select[tuple[str]]:
    where = [*_range(event.c.id, chosen, before), *_of_event(chosen)]
    if chosen.person is not None:
        where.append(event.c.id.in_(events_of(chosen.person)))
    if chosen.state in DELIVERY_STATES or chosen.connector is not None:
        where.append(exists().where(delivery.c.event_id == event.c.id, *_of_delivery(chosen)))
    return select(event.c.id).where(*where).order_by(event.c.id.desc()).limit(limit)


def _by_delivery(chosen: Filter, before: str | None, limit: int) -> Select[tuple[str]]:
    where = [*_range(delivery.c.event_id, chosen, before), *_of_delivery(chosen)]
    if of_event := _of_event(chosen):
        where.append(exists().where(event.c.id == delivery.c.event_id, *of_event))
    found = select(delivery.c.event_id.label("id")).where(*where).distinct().order_by(delivery.c.event_id.desc()).limit(limit)
    if chosen.state != "discarded" or chosen.connector or chosen.reason:
        return found
    aside = [event.c.state == literal("discarded"), _ASIDE, *_range(event.c.id, chosen, before), *_of_event(chosen)]
    return _newest([found, select(event.c.id).where(*aside).order_by(event.c.id.desc()).limit(limit)], limit)


def _newest(found: Sequence[Select[tuple[str]]], limit: int) -> Select[tuple[str]]:
    """Of several selections the newest."""
    every = union_all(*(select(one.subquery().c.id) for one in found)).subquery()
    return select(every.c.id).distinct().order_by(every.c.id.desc()).limit(limit)


def _range(column: ColumnElement[str], chosen: Filter, before: str | None) -> list[ColumnElement[bool]]:
    """Times are ranges of ids."""
    until = min((id for id in (before, first_id(chosen.until) if chosen.until else None) if id), default=None)
    return [*([column >= first_id(chosen.since)] if chosen.since else []), *([column < until] if until else [])]


def _of_event(chosen: Filter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if chosen.source is not None:
        where.append(event.c.source == chosen.source)
    if chosen.event is not None:
        where.append(event.c.name == chosen.event)
    if chosen.state == "quarantined":
        where += [event.c.state == literal("quarantined"), _ASIDE]
        if chosen.reason is not None:
            where.append(event.c.faults == chosen.reason)
    return where


def _of_delivery(chosen: Filter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if chosen.state in DELIVERY_STATES:
        where.append(delivery.c.state == literal(chosen.state))
        if chosen.reason is not None:
            where.append(delivery.c.reason == chosen.reason)
    if chosen.connector is not None:
        where.append(delivery.c.connector == chosen.connector)
    return where
