"""From what the store knows to what the admin API answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.base import Page as RecordsHeld
from receiver.admin.activity.sources import present_sources
from receiver.admin.configuration.reload import present_configuration
from receiver.admin.configuration.views import Fault
from receiver.admin.views import (
    AttemptView,
    ConnectorStatusView,
    ConnectorWord,
    DeadGroup,
    DeliveryView,
    EventItem,
    EventPage,
    EventState,
    EventView,
    KnownAs,
    OriginalView,
    PersonLaneView,
    PersonRecord,
    PersonView,
    QuarantinedGroup,
    Rate,
    RecordLink,
    RecordPage,
    RecordView,
    StatusView,
    StoreView,
    WaitingView,
)
from receiver.aom import Event as ReadEvent
from receiver.aom import InvalidBody, Profile, build_profile, read_event
from receiver.delivery import RateLimiter
from receiver.facts import KnownFacts
from receiver.gateway import Gateway
from receiver.inbox import (
    AttemptDetail,
    AttentionGroup,
    ConnectorStatus,
    DeliveryDetail,
    EventDetail,
    EventRow,
    EventRowPage,
    KnownPerson,
    OriginalCall,
    PersonDetail,
    WaitingLanes,
)
from receiver.text.known_address import ERASED

MOST_LEFT_OUT = 100  # people of one event
MOST_KNOWN = 200  # of one event; an announcement can have thousands


def state_of(kind: str | None) -> ConnectorWord:
    """What a connector's pause is called: those that only an operator can end are all `paused`."""
    match kind:
        case None | "running":
            return "running"
        case "throttled" | "unavailable":
            return kind
        case _:
            return "paused"


def reason_of(pause: str, waiting: WaitingLanes | None) -> str:
    """Why deliveries of a connector wait: its pause, else the newest reason of those that are tried
    again.
    """
    return pause or (str(waiting) if waiting else "")


async def present_status(gateway: Gateway) -> StatusView:
    """How the store and each configured connector stand."""
    configured = gateway.settings.connectors
    stored = await gateway.inbox.read_status(configured, now=gateway.now())
    connectors = {
        name: replace(
            _connector(configured[name].type, one, gateway.limiters.get(name)),
            dry_run=configured[name].dry_run,
        )
        if name in configured
        else replace(_connector("", one, None), state="not configured")
        for name, one in stored.connectors.items()
    }
    inbox = gateway.inbox
    store = StoreView(inbox.damage, inbox.long_log, inbox.log_bytes)
    return StatusView(
        stored.pending,
        stored.dead,
        stored.quarantined,
        stored.oldest_pending_seconds,
        connectors,
        await present_sources(gateway),
        store,
        await present_configuration(gateway),
    )


def _connector(
    kind: str, stored: ConnectorStatus, limiter: RateLimiter | None
) -> ConnectorStatusView:
    return ConnectorStatusView(
        type=kind,
        state=state_of(stored.kind),
        reason=reason_of(stored.reason, stored.waiting),
        since=stored.since,
        until=stored.until,
        pending=stored.pending,
        dead=stored.dead,
        oldest_pending_seconds=stored.oldest_pending_seconds,
        leader=stored.leader,
        note=stored.note,
        sizes=stored.sizes,
        waiting=_waiting(stored.waiting),
        calls=limiter.calls if limiter else 0,
        calls_per_second=limiter.per_second() if limiter else 0.0,
        allowed=Rate(limiter.limit.calls, limiter.limit.seconds)
        if limiter and limiter.limit
        else None,
    )


def _waiting(stored: WaitingLanes | None) -> WaitingView | None:
    return WaitingView(stored.people, stored.reason, stored.at, stored.rule) if stored else None


def present_record_page(listed: RecordsHeld) -> RecordPage:
    """What a connector lists of its CRM."""
    return RecordPage(
        tuple(
            RecordView(
                one.id,
                one.key,
                one.fields,
                tuple(RecordLink(*link) for link in one.links),
                one.writes,
            )
            for one in listed.items
        ),
        listed.next,
    )


def present_dead_group(stored: AttentionGroup) -> DeadGroup:
    return DeadGroup(
        stored.id, stored.where, stored.reason, stored.count, stored.first, stored.last
    )


def present_quarantined_group(stored: AttentionGroup) -> QuarantinedGroup:
    errors = tuple(Fault(path, message) for path, message in json.loads(stored.reason or "[]"))
    return QuarantinedGroup(
        stored.id, stored.where, stored.event, errors, stored.count, stored.first, stored.last
    )


def present_person(stored: PersonDetail) -> PersonView:
    lanes = tuple(
        PersonLaneView(
            one.connector, one.state, one.pending, one.tries, one.failing_since, one.dead
        )
        for one in stored.lanes
    )
    records = tuple(
        PersonRecord(one.connector, one.object, one.key, one.id, one.written_at)
        for one in stored.records
    )
    return PersonView(stored.addresses[0], stored.addresses, lanes, records)


def present_page(stored: EventRowPage, unsearched: int = 0) -> EventPage:
    return EventPage(tuple(present_item(row) for row in stored.items), stored.next, unsearched)


def present_item(row: EventRow) -> EventItem:
    """One event in a list."""
    return EventItem(
        id=row.id,
        event=row.name,
        source=row.source,
        state=overall_state(row.state, row.deliveries),
        received_at=row.received_at,
        recognised_by=row.how,
        person=row.person,
        people=row.people,
        deliveries=row.deliveries,
    )


def overall_state(state: str, deliveries: Mapping[str, int]) -> EventState:
    """One word for an event: that of the delivery that needs attention most."""
    if state == "quarantined":
        return "quarantined"
    if state == "discarded":
        return "discarded"
    words: tuple[EventState, ...] = ("dead", "pending", "delivered", "dry_run", "discarded")
    return next((word for word in words if deliveries.get(word)), "accepted")


def present_event(
    gateway: Gateway, stored: EventDetail, people: EventPeople | None = None
) -> EventView:
    """One event with its whole story."""
    read_anew = _read_event_anew(gateway, stored)
    people = people or EventPeople()
    return EventView(
        id=stored.id,
        event=stored.name,
        source=stored.source,
        state=overall_state(stored.state, _totals(stored.counts)),
        received_at=stored.received_at,
        recognised_by=stored.how,
        named=stored.named,
        disagreement=stored.disagreement,
        unknown_keys=stored.unknown,
        unreadable=read_anew.unreadable if read_anew else (),
        left_out=tuple(
            Fault(fault.path, fault.message) for fault in read_anew.left_out[:MOST_LEFT_OUT]
        )
        if read_anew
        else (),
        errors=tuple(Fault(path, message) for path, message in stored.faults),
        raw=stored.body.decode("utf-8", "backslashreplace"),
        redacted=ERASED.encode() in stored.body,
        original=_original(stored.original),
        normal=read_anew.normal() if read_anew else None,
        person=stored.person,
        people=stored.people,
        counts=stored.counts,
        deliveries=tuple(_delivery(one) for one in stored.deliveries),
        known_as={at: KnownAs(*one) for at, one in people.known_as.items()},
        profiles=people.profiles,
    )


@dataclass(frozen=True, slots=True)
class EventPeople:
    """Who the people in an event are: by the address in it, those who are known by another key or
    have another address now; and by their keys what is known of them, where it is anything.
    """

    known_as: Mapping[str, KnownPerson] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)


async def find_people(gateway: Gateway, stored: EventDetail) -> EventPeople:
    """As a delivery would know them now: the first of very many. Of an event that cannot be read,
    nobody.
    """
    read = _read_event_anew(gateway, stored)
    if read is None:
        return EventPeople()
    addresses = read.keys[:MOST_KNOWN]
    known_as = await gateway.inbox.find_people_in(stored.id, addresses)
    if stored.source not in gateway.routes.profiled_sources:
        return EventPeople(known_as)
    keys = {known_as[at].key if at in known_as else at for at in addresses}
    known = await gateway.inbox.find_known_facts({(stored.source, key) for key in keys})
    profiles = {
        person: build_profile(facts, gateway.sites[stored.source])
        for (_, person), facts in known.items()
        if facts != KnownFacts()
    }
    return EventPeople(known_as, profiles)


def _original(stored: OriginalCall | None) -> OriginalView | None:
    return (
        OriginalView(
            stored.named, stored.body.decode("utf-8", "backslashreplace"), stored.amended_at
        )
        if stored
        else None
    )


def _totals(counts: Mapping[str, Mapping[str, int]]) -> Counter[str]:
    """By state, of all connectors."""
    totals: Counter[str] = Counter()
    for of_connector in counts.values():
        totals.update(of_connector)
    return totals


def _read_event_anew(gateway: Gateway, stored: EventDetail) -> ReadEvent | None:
    site = gateway.sites.get(stored.source)
    if site is None:
        return None
    try:
        return read_event(stored.body, site, stored.named)
    except InvalidBody:
        return None


def _delivery(stored: DeliveryDetail) -> DeliveryView:
    return DeliveryView(
        id=stored.id,
        connector=stored.connector,
        person=stored.person,
        state=stored.state,
        reason=stored.reason,
        settled_at=stored.settled_at,
        next_attempt_at=stored.due_at
        if stored.state == "pending" and stored.lane_state == "ready"
        else None,
        attempts=tuple(_attempt(one, stored.id) for one in stored.attempts),
    )


def _attempt(stored: AttemptDetail, delivery: int) -> AttemptView:
    """As one of the deliveries that it was for sees it."""
    return AttemptView(
        started_at=stored.started_at,
        last_at=stored.last_at,
        times=stored.times,
        duration_ms=stored.duration_ms,
        outcome=stored.outcome,
        code=stored.code,
        message=stored.message,
        field=stored.field,
        sent=[
            _without_of(record)
            for record in stored.sent
            if delivery in record.get("of", (delivery,))
        ],
        notes=stored.notes,
        others=len(stored.deliveries) - 1,
    )


def _without_of(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "of"}
