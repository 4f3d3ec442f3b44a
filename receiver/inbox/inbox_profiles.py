"""What is known of people, as methods of `Inbox`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial

from receiver.facts import KnownFacts
from receiver.inbox.db.transaction import TransactionRunner
from receiver.inbox.people.addresses import KnownPerson, find_people_in
from receiver.inbox.profiles import stored_facts, uncounted_events
from receiver.inbox.profiles.stored_facts import CountedEvent, PersonAt
from receiver.inbox.profiles.uncounted_events import UncountedEvent


class InboxProfiles:
    """Which events are to be counted, and what those that were tell of each person."""

    _look: TransactionRunner
    _deliver: TransactionRunner

    async def start_counting(self, *, sources: Collection[str], now: datetime) -> None:
        """Let every event of these sources be counted that came in while nobody counted theirs."""
        await uncounted_events.start_counting(self._look, self._deliver, sources=sources, now=now)

    async def mark_missed(self, *, now: datetime, looked_at: datetime) -> None:
        """Let events be counted that another process, which does not count yet, has accepted since
        the last look.
        """
        await uncounted_events.mark_missed(self._look, self._deliver, now=now, looked_at=looked_at)

    async def stop_counting(self, *, but: Collection[str] = ()) -> None:
        """Remember that events come in that nobody counts, from all sources but these."""
        await uncounted_events.stop_counting(self._look, self._deliver, but=but)

    async def find_newest_uncounted(self) -> str | None:
        """The highest id of an event that is to be counted; None where all are counted."""
        return await self._look(uncounted_events.find_newest)

    async def list_uncounted(
        self, *, after: str = "", upto: str | None = None
    ) -> list[UncountedEvent]:
        """The next events to count with ids above `after` and up to `upto`, oldest first; none
        where all are counted.
        """
        return await self._look(partial(uncounted_events.list_uncounted, after=after, upto=upto))

    async def keep_facts(self, counted: Sequence[CountedEvent], *, now: datetime) -> int:
        """Add what events tell to what is known, each once. Who loses an order by it is delivered
        again. Returns how many were counted.
        """
        return await self._deliver(partial(stored_facts.keep_facts, counted=counted, now=now))

    async def set_aside(self, ids: Iterable[str]) -> None:
        """Leave events that cannot be read uncounted until a gateway starts."""
        await self._deliver(partial(uncounted_events.set_aside, ids=tuple(ids)))

    async def find_people_in(
        self, event_id: str, addresses: Collection[str]
    ) -> dict[str, KnownPerson]:
        """Whom these addresses in an event are of, for those who are known by another key or have
        another address now.
        """
        return await self._look(partial(find_people_in, event_id=event_id, addresses=addresses))

    async def find_known_facts(self, people: Collection[PersonAt]) -> dict[PersonAt, KnownFacts]:
        """All that is known of these people, by source and person key; each has an entry."""
        return await self._look(partial(stored_facts.find_known_facts, people=people))
