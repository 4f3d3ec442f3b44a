"""Keeps profiles up to date with the events that came in, and looks them up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from receiver.aom import PROFILED_EVENTS, InvalidBody, Profile, build_profile, facts_of_event
from receiver.delivery.loop_share import LoopShare
from receiver.delivery.rendering.event_reader import EventReader
from receiver.facts import PersonFacts
from receiver.inbox import CountedEvent, Inbox, PersonAt, StoreUnavailable, UncountedEvent

AGAIN = timedelta(hours=1)  # between looks for what others have accepted and do not count
MANY_EVENTS = 10_000  # that are counted, before it is told how far it is
MANY_PEOPLE = 500  # whose facts are kept in one transaction, unless a single event has more

Profiles = Mapping[PersonAt, Profile]
"""By source and person key."""


class ProfileCounter:
    """One for all connectors of a process, for the `sources` of whose people a mapping asks for the
    profile. Several processes may count the same events: each event counts once.
    """

    def __init__(
        self,
        inbox: Inbox,
        reader: EventReader,
        sources: Collection[str],
        now: Callable[[], datetime],
        share: LoopShare | None = None,
    ) -> None:
        self._inbox = inbox
        self._reader = reader
        self._sources = sources
        self._now = now
        self._share = share or LoopShare()
        self._turn = asyncio.Lock()
        self._marked_at: datetime | None = None  # what was not, when nobody counted
        self._log = structlog.get_logger()

    async def count(self) -> int:
        """Count the events that are there now and not counted yet; what comes in meanwhile waits
        for the next time, so that this ends. Returns how many there were.
        """
        total, after = 0, ""
        async with self._turn:
            await self._mark()
            newest = await self._inbox.find_newest_uncounted()
            while newest and (events := await self._inbox.list_uncounted(after=after, upto=newest)):
                counted = await self._count(events)
                if counted == len(events):  # else some may have changed: those are read anew
                    after = events[-1].event_id
                before, total = total, total + counted
                if total // MANY_EVENTS > before // MANY_EVENTS:
                    self._log.info("profiles.counting", events=total)
        return total

    async def _mark(self) -> None:
        """Mark what came in while nobody counted; and now and then what others have missed."""
        now = self._now()
        if self._marked_at is None:
            await self._inbox.start_counting(sources=self._sources, now=now)
        elif now - self._marked_at >= AGAIN:
            await self._inbox.mark_missed(now=now, looked_at=self._marked_at)
        else:
            return
        self._marked_at = now

    async def find(self, people: Collection[PersonAt]) -> Profiles:
        """The profiles of these people, with all that has come in until now."""
        await self.count()
        known = await self._inbox.find_known_facts(people)
        return {
            at: build_profile(facts, site)
            for at, facts in known.items()
            if (site := self._reader.sites.get(at[0]))
        }

    async def _count(self, events: Collection[UncountedEvent]) -> int:
        """Some at a time, so that what comes in hardly waits for the store."""
        counted, unreadable = 0, []
        waiting: list[CountedEvent] = []
        for one in events:
            await self._share.give_way()
            if (read := await self._read(one)) is None:
                unreadable.append(one.event_id)
                continue
            waiting.append(read)
            if sum(len(each.facts) for each in waiting) >= MANY_PEOPLE:
                counted += await self._keep(waiting)
                waiting = []
        if unreadable:
            await self._inbox.set_aside(unreadable)
        return counted + await self._keep(waiting)

    async def _keep(self, counted: Sequence[CountedEvent]) -> int:
        """Where an event tells what no database takes, it alone is left out."""
        try:
            return await self._inbox.keep_facts(counted, now=self._now())
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001 - one event must not hold up the others
            if len(counted) > 1:
                return sum([await self._keep([one]) for one in counted])
            id = counted[0].event.event_id
            self._log.exception("profile.defect", id=id)
            await self._inbox.set_aside([id])
            return 0

    async def _read(self, stored: UncountedEvent) -> CountedEvent | None:
        """None where it cannot be read: delivering it tells why."""
        if stored.name not in PROFILED_EVENTS:
            return CountedEvent(stored, {})
        site = self._reader.sites.get(stored.source)
        if site is None:
            return None
        try:
            event = await self._reader.read(stored, site)
            facts = facts_of_event(event, id=stored.event_id, received_at=stored.received_at)
        except InvalidBody:
            return None
        except Exception:  # noqa: BLE001 - one event must not hold up the others
            self._log.exception("profile.defect", id=stored.event_id)
            return None
        by_key: dict[str, PersonFacts] = {}
        for address, theirs in facts.items():  # who stands there twice, counts as what is first
            by_key.setdefault(stored.people.get(address, address), theirs)
        return CountedEvent(stored, by_key)
