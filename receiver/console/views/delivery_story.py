"""What became of an event at one connector: its deliveries, their attempts, and what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter

from connectors.base import Reads
from receiver.admin import presenters, views
from receiver.console.views.record_links import SentRecord, read_sent_record, record_url
from receiver.gateway import Gateway
from receiver.inbox import ConnectorState
from receiver.inbox import EventDetail as StoredEvent


@dataclass(frozen=True, slots=True)
class ShownAttempt:
    """One attempt, and the records of it that the delivery wants."""

    attempt: views.AttemptView
    records: Sequence[SentRecord]


@dataclass(frozen=True, slots=True)
class DeliveryStory:
    """The deliveries of the event at one connector that are shown, and how many there are in each
    state. `pause` is what the pending ones wait for. `readable`: the connector can tell
    what a record holds now.
    """

    connector: str
    state: views.ConnectorWord
    pause: ConnectorState | None
    counts: Mapping[str, int]
    deliveries: Sequence[tuple[views.DeliveryView, Sequence[ShownAttempt]]]
    readable: bool = False

    @property
    def count(self) -> int:
        return sum(self.counts.values())


class StoryBuilder:
    """Tells the stories of one event. `states` are those of the connectors."""

    def __init__(
        self, gateway: Gateway, stored: StoredEvent, states: Mapping[str, ConnectorState]
    ) -> None:
        self._gateway = gateway
        self._stored = stored
        self._states = states

    def build_stories(self, deliveries: Sequence[views.DeliveryView]) -> list[DeliveryStory]:
        """By connector; at each in the order in which they come."""
        ordered = sorted(deliveries, key=attrgetter("connector"))
        return [
            self._story(name, list(group))
            for name, group in groupby(ordered, key=attrgetter("connector"))
        ]

    def _story(self, connector: str, deliveries: Sequence[views.DeliveryView]) -> DeliveryStory:
        state = self._states.get(connector)
        counts = self._stored.counts.get(connector, {})
        waits = state and state.paused and counts.get("pending")
        tried = [(one, self._tried(one)) for one in deliveries]
        return DeliveryStory(
            connector,
            presenters.state_of(state.paused if state else None),
            state if waits else None,
            counts,
            tried,
            readable=isinstance(self._gateway.connectors.get(connector), Reads),
        )

    def _tried(self, delivery: views.DeliveryView) -> list[ShownAttempt]:
        url = partial(record_url, self._gateway, delivery.connector)
        return [
            ShownAttempt(one, [read_sent_record(record, url) for record in one.sent])
            for one in delivery.attempts
        ]
