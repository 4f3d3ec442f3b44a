"""What became of an event at one connector: its deliveries, their attempts, and what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Final

from connectors.base import Reads
from receiver.admin import presenters, views
from receiver.console.views.record_links import SentRecord, read_sent_record, record_url
from receiver.console.views.story.delivery_steps import DeliveryStory, tell_delivery
from receiver.console.views.story.operator_acts import EventAct
from receiver.console.views.story.record_changes import find_changes
from receiver.console.views.story.step import SentChanges, ShownAttempt
from receiver.gateway import Gateway
from receiver.inbox import (
    AttemptDetail,
    ConnectorState,
    DeliveryDetail,
    EventDetail,
    RecordHistory,
)
from receiver.inbox.reads.sent_history import MOST_COMPARED

FEW: Final = 20  # deliveries at a connector that are shown at once, and compared


@dataclass(frozen=True, slots=True)
class ConnectorStory:
    """The deliveries of the event at one connector that are shown, and how many there are in each
    state. `pause` is what the pending ones wait for. `readable`: the connector can tell
    what a record holds now.
    """

    connector: str
    state: views.ConnectorWord
    pause: ConnectorState | None
    counts: Mapping[str, int]
    deliveries: Sequence[DeliveryStory]
    readable: bool = False

    @property
    def count(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class StoryFacts:
    """What a story is told from. `queued_at`: when the event was accepted. Acts of before
    `acts_missing_before` were not all looked at.
    """

    stored: EventDetail
    states: Mapping[str, ConnectorState]
    acts: Sequence[EventAct]
    history: RecordHistory
    queued_at: datetime
    acts_missing_before: datetime | None = None


def compared_deliveries(stored: EventDetail) -> list[DeliveryDetail]:
    """The first few of each connector, and of these as many as the history is looked up for: those
    whose changes are shown.
    """
    taken: dict[str, int] = {}
    few = []
    for one in stored.deliveries:
        taken[one.connector] = taken.get(one.connector, 0) + 1
        if taken[one.connector] <= FEW:
            few.append(one)
    return few[:MOST_COMPARED]


class StoryBuilder:
    """Tells the stories of one event."""

    def __init__(self, gateway: Gateway, facts: StoryFacts) -> None:
        self._gateway = gateway
        self._facts = facts
        self._compared = {one.id for one in compared_deliveries(facts.stored)}

    def build_stories(self) -> list[ConnectorStory]:
        """By connector; at each in the order in which they come."""
        ordered = sorted(self._facts.stored.deliveries, key=attrgetter("connector"))
        return [
            self._story(name, list(group))
            for name, group in groupby(ordered, key=attrgetter("connector"))
        ]

    def _story(self, connector: str, deliveries: Sequence[DeliveryDetail]) -> ConnectorStory:
        facts, state = self._facts, self._facts.states.get(connector)
        counts = facts.stored.counts.get(connector, {})
        pause = state if state and state.paused and counts.get("pending") else None
        return ConnectorStory(
            connector,
            presenters.state_of(state.paused if state else None),
            pause,
            counts,
            [
                tell_delivery(one, self._tried(one), facts.acts, pause, facts.queued_at)
                for one in deliveries
            ],
            readable=isinstance(self._gateway.connectors.get(connector), Reads),
        )

    def _tried(self, delivery: DeliveryDetail) -> list[ShownAttempt]:
        url = partial(record_url, self._gateway, delivery.connector)
        tried = []
        for attempt in delivery.attempts:
            own = [
                (place, read_sent_record(record, url))
                for place, record in enumerate(attempt.sent)
                if delivery.id in record.get("of", (delivery.id,))
            ]
            records = [self._changes(delivery, attempt, place, sent) for place, sent in own]
            others = len(attempt.deliveries) - 1
            tried.append(ShownAttempt(attempt, records, _own_notes(attempt, own), others))
        return tried

    def _changes(
        self, delivery: DeliveryDetail, attempt: AttemptDetail, place: int, sent: SentRecord
    ) -> SentChanges:
        if delivery.id not in self._compared:
            return SentChanges(sent, None)
        history = self._facts.history.get((delivery.connector, sent.object, sent.key), ())
        return SentChanges(sent, find_changes(sent, (attempt.id, place), history))


def _own_notes(attempt: AttemptDetail, own: Sequence[tuple[int, SentRecord]]) -> list[str]:
    """Without those about records of other deliveries."""
    mine = {place for place, _ in own}
    foreign = {
        f"{record.get('object')} {record.get('key')}: "
        for place, record in enumerate(attempt.sent)
        if place not in mine
    } - {f"{sent.object} {sent.key}: " for _, sent in own}
    return [note for note in attempt.notes if not note.startswith(tuple(foreign))]
