"""What became of an event at one connector: its deliveries, their attempts, and what was sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter

from receiver.aom import Event as ReadEvent
from receiver.aom import Invalid, read
from receiver.api import stories, views
from receiver.console.records import RESULTS, Sent, record_url, sent
from receiver.gateway import Gateway
from receiver.inbox import ConnectorState
from receiver.inbox import Event as StoredEvent
from receiver.mapping import MappingFault

FEW = 5  # records that are shown whoever's they are
RENDERED = 20  # deliveries for which it is asked which records are the event's own: each is rendered anew

Ref = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt. A lane writes all that waits in it at once: `others` are records of the same person's other events."""

    attempt: views.AttemptView
    own: Sequence[Sent]
    others: Sequence[Sent]


@dataclass(frozen=True, slots=True)
class Story:
    """The deliveries of the event at one connector that are shown, and how many there are in each state. `pause` is what the pending
    ones wait for.
    """

    connector: str
    state: views.ConnectorWord
    pause: ConnectorState | None
    counts: Mapping[str, int]
    deliveries: Sequence[tuple[views.DeliveryView, Sequence[Tried]]]

    @property
    def count(self) -> int:
        return sum(self.counts.values())


class Teller:
    """Tells the stories of one event. `states` are those of the connectors."""

    def __init__(self, gateway: Gateway, stored: StoredEvent, states: Mapping[str, ConnectorState]) -> None:
        self._gateway = gateway
        self._stored = stored
        self._states = states
        self._event = _read(gateway, stored)
        self._rendered = 0

    def stories(self, deliveries: Sequence[views.DeliveryView]) -> list[Story]:
        """By connector; at each in the order in which they come."""
        ordered = sorted(deliveries, key=attrgetter("connector"))
        return [self._story(name, list(group)) for name, group in groupby(ordered, key=attrgetter("connector"))]

    def _story(self, connector: str, deliveries: Sequence[views.DeliveryView]) -> Story:
        state = self._states.get(connector)
        counts = self._stored.counts.get(connector, {})
        waits = state and state.paused and counts.get("pending")
        told = [(one, self._tried(one)) for one in deliveries]
        return Story(connector, stories.state_of(state.paused if state else None), state if waits else None, counts, told)

    def _tried(self, delivery: views.DeliveryView) -> list[Tried]:
        url = partial(record_url, self._gateway, delivery.connector)
        told = [(attempt, [sent(record, url) for record in attempt.sent]) for attempt in delivery.attempts]
        own = self._own(delivery) if any(len(records) > FEW for _, records in told) else None
        return [Tried(attempt, *_apart(records, own)) for attempt, records in told]

    def _own(self, delivery: views.DeliveryView) -> Collection[Ref] | None:
        """The records that the event itself wants written, as the mapping is now; None where that is not known."""
        if self._event is None or self._rendered == RENDERED or delivery.person not in self._event.keys:
            return None
        self._rendered += 1
        context = self._event.context(delivery.person, id=self._stored.id, received_at=self._stored.received_at)
        try:
            records = self._gateway.routes.render(delivery.connector, self._stored.source, self._event.name, context)
        except MappingFault:
            return None
        return {(record.object, record.key) for record in records}


def _apart(records: Sequence[Sent], own: Collection[Ref] | None) -> tuple[Sequence[Sent], Sequence[Sent]]:
    """What is shown at once, the event's own records and all that were not saved, and the others."""
    if len(records) <= FEW:
        return records, ()
    known = {(one.object, one.key) for one in records[:FEW]} if own is None else own
    shown = [one for one in records if one.result != RESULTS["saved"] or (one.object, one.key) in known]
    return shown, [one for one in records if one not in shown]


def _read(gateway: Gateway, stored: StoredEvent) -> ReadEvent | None:
    site = gateway.sites.get(stored.source)
    try:
        return read(stored.body, site, stored.named) if site else None
    except Invalid:
        return None
