"""What people ask of the inbox, as methods of `Inbox`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from receiver.inbox.db.event_filter import ALL_EVENTS, EventFilter, State
from receiver.inbox.db.transaction import TransactionRunner
from receiver.inbox.events import quarantine
from receiver.inbox.events.quarantine import QuarantinedCall
from receiver.inbox.lanes.replay import DeliverySelection
from receiver.inbox.reads import (
    attention_groups,
    change_mark,
    coverage,
    event_detail,
    followed_deliveries,
    outcomes,
    person_deliveries,
    queries,
    search,
    sent_history,
    source_activity,
    text_search,
)
from receiver.inbox.reads.attention_groups import AttentionGroup, GroupCounts, Order
from receiver.inbox.reads.change_mark import ChangeMark
from receiver.inbox.reads.coverage import EventCoverage, StoredCall
from receiver.inbox.reads.outcomes import LatencyPercentiles, OutcomeCounts, Period
from receiver.inbox.reads.person_deliveries import PersonDelivery
from receiver.inbox.reads.queries import DriftCount, EventRowPage, StoreStatus
from receiver.inbox.reads.search import FoundRecord, SearchResult
from receiver.inbox.reads.sent_history import RecordHistory
from receiver.inbox.reads.text_search import TextMatches


class InboxReads:
    """Reads of the store, on the threads that are for people."""

    _read: TransactionRunner

    async def read_status(self, connectors: Iterable[str] = (), *, now: datetime) -> StoreStatus:
        """How the store stands; of these connectors, and of others that have anything pending or
        dead.
        """
        return await self._read(
            partial(queries.read_store_status, connectors=tuple(connectors), now=now)
        )

    async def list_events(
        self,
        chosen: EventFilter = ALL_EVENTS,
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> EventRowPage:
        """A page of events, newest first; `before` is the `next` of the page before.

        `after` turns to the page of newer ones instead.
        """
        return await self._read(
            partial(queries.list_events, chosen=chosen, before=before, after=after, limit=limit)
        )

    async def find_event(self, id: str) -> event_detail.EventDetail:
        """One event with its deliveries and their attempts. Raises Unknown."""
        return await self._read(partial(event_detail.find_event, id=id))

    async def find_person(self, key: str) -> event_detail.PersonDetail:
        """How a person stands at each connector."""
        return await self._read(partial(event_detail.find_person, key=key))

    async def find_sent_history(
        self, deliveries: Sequence[event_detail.DeliveryDetail]
    ) -> RecordHistory:
        """How the records that these deliveries have sent were saved until then."""
        return await self._read(partial(sent_history.find_sent_history, deliveries=deliveries))

    async def list_person_deliveries(
        self, key: str, event_ids: Sequence[str]
    ) -> Sequence[PersonDelivery]:
        """What became of these events for one person, connector by connector."""
        return await self._read(
            partial(person_deliveries.list_person_deliveries, key=key, event_ids=event_ids)
        )

    async def find_matches(self, text: str, *, sources: Sequence[str] = ()) -> SearchResult:
        """Events, orders, records and people, by whatever is known of them."""
        return await self._read(partial(search.find_matches, text=text, sources=sources))

    async def find_text(self, text: str, *, before: str | None = None) -> TextMatches:
        """The newest events in whose body a text stands, with ids below `before`; of so many at a
        time.
        """
        return await self._read(partial(text_search.find_text, text=text, before=before))

    async def find_records(self, keys: Sequence[str]) -> list[FoundRecord]:
        """The records that CRMs hold of ours with one of these keys."""
        return await self._read(partial(search.find_records, keys=keys))

    async def find_key_events(self, key: str) -> tuple[str, ...]:
        """The ids of the events that wrote a record of this key, or tell of the order with this
        id; up to 1,000, the newest.
        """
        return await self._read(partial(search.find_key_events, key=key))

    async def find_record_events(self, connector: str, object: str, key: str) -> tuple[str, ...]:
        """The ids of the events that wrote this very record; up to 1,000, the newest."""
        return await self._read(
            partial(search.find_record_events, connector=connector, object=object, key=key)
        )

    async def count_unsearched(self, chosen: EventFilter) -> int:
        """How many calls in quarantine fit all that is asked but the person: who is in them was
        never understood.
        """
        return await self._read(partial(queries.count_unsearched, chosen=chosen))

    async def list_groups(
        self, *, most: int = 100, skip: int = 0, by: Order = "largest"
    ) -> tuple[list[AttentionGroup], list[AttentionGroup]]:
        """Dead deliveries, and quarantined calls, by their reasons; of each the first `most` behind
        the first `skip`.
        """
        return await self._read(partial(attention_groups.list_groups, most=most, skip=skip, by=by))

    async def find_group(self, id: str) -> AttentionGroup | None:
        """One group, however many there are; None where nothing is in it any more."""
        return await self._read(partial(attention_groups.find_group, id=id))

    async def count_groups(self) -> GroupCounts:
        """How many groups there are of each kind."""
        return await self._read(attention_groups.count_groups)

    async def list_source_groups(self, source: str, *, most: int = 20) -> list[AttentionGroup]:
        """The quarantined calls of one source by their reasons, the largest groups first."""
        return await self._read(
            partial(attention_groups.list_source_groups, source=source, most=most)
        )

    async def find_last_events(
        self, source: str, names: Sequence[str]
    ) -> Mapping[str, tuple[str, datetime]]:
        """The id and the time of a source's newest event of each name."""
        return await self._read(
            partial(source_activity.find_last_events, source=source, names=names)
        )

    async def count_source_events(self, source: str, periods: Sequence[Period]) -> list[int]:
        """How many events of a source came in each period."""
        return await self._read(
            partial(source_activity.count_source_events, source=source, periods=periods)
        )

    async def list_drift(self) -> list[DriftCount]:
        """The keys that no schema knows, the most frequent first."""
        return await self._read(queries.list_drift)

    async def count_outcomes(self, period: Period) -> OutcomeCounts:
        """What became of the events that came in this period."""
        return await self._read(partial(outcomes.count_outcomes, period=period))

    async def read_marks(self, periods: Sequence[Period]) -> list[tuple[int, ...]]:
        """Of each period something that changes with its outcomes."""
        return await self._read(partial(outcomes.read_marks, periods=periods))

    async def read_latency(self, *, since: datetime) -> LatencyPercentiles | None:
        """From arrival to delivery, of the newest deliveries of events that came since then."""
        return await self._read(partial(outcomes.read_latency, since=since))

    async def list_coverage(
        self, chosen: EventFilter, *, before: str | None = None, limit: int
    ) -> tuple[list[EventCoverage], str | None]:
        """A page of events with the connectors at which they have deliveries, newest first, and the
        `before` of the next.
        """
        return await self._read(
            partial(coverage.list_coverage, chosen=chosen, before=before, limit=limit)
        )

    async def read_change_mark(self) -> ChangeMark:
        """What differs from the one before where something came, was tried or was done since."""
        return await self._read(change_mark.read_change_mark)

    async def find_newest_deliveries(
        self, selection: DeliverySelection, *, after: int = 0
    ) -> tuple[int, ...]:
        """The ids of those that a selection means, up to 5,000; made after one only."""
        return await self._read(
            partial(followed_deliveries.find_newest, selection=selection, after=after)
        )

    async def count_delivery_states(self, deliveries: Sequence[int]) -> dict[str, int]:
        """How many of these deliveries are in each state."""
        return await self._read(partial(followed_deliveries.count_states, ids=deliveries))

    async def find_delivery_events(
        self, deliveries: Sequence[int], state: State | None = None
    ) -> tuple[str, ...]:
        """The ids of the events of these deliveries, or of those in this state."""
        return await self._read(
            partial(followed_deliveries.find_events, ids=deliveries, state=state)
        )

    async def find_calls(self, ids: Sequence[str]) -> list[StoredCall]:
        """The calls of these events, as they came, where they are accepted."""
        return await self._read(partial(coverage.find_calls, ids=ids))

    async def list_quarantined(
        self, *, after: str | None = None, limit: int = 100
    ) -> list[QuarantinedCall]:
        """Calls in quarantine with their bodies, oldest first, those after the id `after`."""
        return await self._read(partial(quarantine.list_quarantined, after=after, limit=limit))
