"""The inbox: one object for all that the gateway does with its store."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Self

from receiver.inbox import (
    alarms,
    claim,
    detail,
    erase,
    groups,
    pauses,
    pulse,
    quarantine,
    queries,
    rate,
    reach,
    remote,
    replay,
    retention,
    rewrite,
    route,
    settle,
)
from receiver.inbox.accept import Accepted, Acceptor, NewEvent
from receiver.inbox.alarms import Told
from receiver.inbox.claim import Claim, Ready
from receiver.inbox.engine import DELIVERY_THREADS, PEOPLE_THREADS, Engines, open_engines
from receiver.inbox.erase import Erased
from receiver.inbox.errors import StoreUnavailable
from receiver.inbox.filters import EVERYTHING, Filter
from receiver.inbox.groups import Group, GroupCounts, Order
from receiver.inbox.identifiers import EventIds
from receiver.inbox.pauses import ConnectorState, PauseKind
from receiver.inbox.pool import Pool
from receiver.inbox.quarantine import Quarantined
from receiver.inbox.queries import DriftCount, Page, Status
from receiver.inbox.rate import RateLimit
from receiver.inbox.reach import Kept, Reached
from receiver.inbox.remember import RemoteRow
from receiver.inbox.remote import Ref, Remote
from receiver.inbox.replay import Replayed, Selection
from receiver.inbox.settle import Settled, SettleReport
from receiver.inbox.stamps import Stamp
from receiver.inbox.transaction import Run
from receiver.inbox.wake import Listener, Wakes
from receiver.inbox.writer import Writer

_READY_SECONDS = 5.0


class Inbox:
    """Open it with `await Inbox.open(url, dedup_hours=…)` and close it with `aclose`. All times are aware datetimes.

    Any method raises StoreUnavailable where the database does not answer.
    """

    def __init__(self, engines: Engines, *, dedup_hours: float, ids: EventIds) -> None:
        sender = secrets.token_hex(8)
        self._engines = engines
        self._sender = sender
        self._acceptor = Acceptor(dedup_hours=dedup_hours, ids=ids)
        self._wakes = Wakes()
        self._writer = Writer(engines.write, self._acceptor, sender=sender, published=self._wakes.wake, files=engines.files)
        self._delivery = Pool(engines.read, DELIVERY_THREADS, sender=sender, published=self._wakes.wake)
        self._people = Pool(engines.read, PEOPLE_THREADS, sender=sender, published=self._wakes.wake)
        self._look: Run = self._delivery.run
        self._deliver: Run = self._delivery.run if engines.postgresql else self._writer.run
        self._read: Run = self._people.run
        self._write: Run = self._people.run if engines.postgresql else self._writer.run
        self._listener = Listener(engines.write, self._wakes, sender) if engines.postgresql else None
        self._ready_at: datetime | None = None
        self._closed = False

    @classmethod
    async def open(cls, url: str, *, dedup_hours: float, ids: EventIds | None = None) -> Self:
        """Open `sqlite:///FILE` or `postgresql://…`, bringing its tables up to date. StoreLocked: another process owns the file."""
        engines = await asyncio.to_thread(open_engines, url)
        inbox = cls(engines, dedup_hours=dedup_hours, ids=ids or EventIds())
        try:
            await inbox._start()
        except StoreUnavailable:
            await inbox.aclose()
            raise
        return inbox

    async def _start(self) -> None:
        """Only one process has a SQLite file: leases that are left are those of a dead one."""
        if self._listener:
            await self._listener.started()
        else:
            await self._deliver(claim.release_all)

    async def aclose(self) -> None:
        """Commit what was accepted, let what is under way finish, and give the database back. Once is enough, twice does no harm."""
        if self._closed:
            return
        self._closed = True
        if self._listener:
            await self._listener.aclose()
        await asyncio.gather(self._delivery.aclose(), self._people.aclose())
        await asyncio.to_thread(self._engines.read.dispose)  # before the writer: the last to leave a SQLite file empties its log
        await self._writer.aclose()
        await asyncio.to_thread(self._engines.close)

    # --- events in ---

    def accept(self, event: NewEvent) -> asyncio.Future[Accepted]:
        """Keep the event; once this is done it is on the disk. Fails with Unstorable for one that no database can hold."""
        return self._writer.accept(event)

    async def ready(self, now: datetime) -> None:
        """Return if the store can be written; StoreUnavailable says why not. Asks the disk at most once a second."""
        doubtful = self._writer.failing
        if not doubtful and self._ready_at is not None and now - self._ready_at < timedelta(seconds=1):
            return
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._writer.run(partial(pulse.beat, now=now, doubtful=doubtful))
        except TimeoutError:
            raise StoreUnavailable(f"the store did not answer within {_READY_SECONDS:g} seconds") from None
        self._ready_at, self._writer.failing = now, False

    # --- deliveries out ---

    async def claim(self, connector: str, *, limit: int, lease: timedelta, now: datetime, bulk: bool = False) -> list[Claim]:
        """Take up to `limit` lanes that are due, with their oldest pending deliveries: live ones, or those that wait in `bulk`."""
        self._wakes.forget(connector)
        return await self._deliver(partial(claim.claim, connector=connector, limit=limit, lease=lease, now=now, bulk=bulk))

    async def extend(self, claims: Sequence[Claim], *, lease: timedelta, now: datetime) -> frozenset[int]:
        """Let the leases of these claims end later. Returns the lanes whose lease still holds."""
        return await self._deliver(partial(claim.extend, claims=claims, lease=lease, now=now))

    async def settle(self, results: Sequence[Settled], *, now: datetime) -> SettleReport:
        """Record what came of claims, in one transaction, as far as their leases still hold; then let what has crossed be written again."""
        report = await self._deliver(partial(settle.settle, results=results, now=now))
        await self._rewrite(report.crossed, now)
        return report

    async def remember(self, written: Sequence[tuple[Claim, RemoteRow]], *, now: datetime) -> frozenset[Stamp]:
        """Keep what the CRM has written for lanes that are not settled yet. Returns the events that are `SettleReport.crossed`."""
        crossed = await self._deliver(partial(settle.remember_unsettled, written=written, now=now))
        await self._rewrite(crossed, now)
        return crossed

    async def _rewrite(self, crossed: frozenset[Stamp], now: datetime) -> None:
        """In a transaction of its own, since it locks other lanes: a process that dies right before it loses this."""
        if crossed:
            await self._deliver(partial(rewrite.rewrite, stamps=crossed, now=now))

    async def next_due(self, connector: str, now: datetime) -> datetime | None:
        """When the next lane can be claimed, at the earliest now; None where nothing is pending."""
        due = await self._look(partial(claim.next_due, connector=connector))
        return None if due is None else max(due, now)

    async def recall(self, connector: str, *, longest_wait: timedelta, longest_lease: timedelta, now: datetime) -> int:
        """Let no lane wait longer than anybody means: its time is of a clock that was ahead. Returns how many are due now for that."""
        last = await self._look(partial(claim.last_due, connector=connector))
        if last is None or last <= now + min(longest_wait, longest_lease):
            return 0
        mend = partial(claim.recall, connector=connector, longest_wait=longest_wait, longest_lease=longest_lease, now=now)
        return await self._deliver(mend)

    async def ready_lanes(self, connector: str, *, limit: int, now: datetime) -> Ready:
        """How many lanes could be claimed now; counts each kind up to `limit`. Wake-ups before it are forgotten."""
        self._wakes.forget(connector)
        return await self._look(partial(claim.ready_lanes, connector=connector, limit=limit, now=now))

    async def changed(self, connector: str, seconds: float) -> bool:
        """Wait until there may be new work for the connector since its last `claim` or `changed`, at most so long.

        False alarms happen; and the wake-up of another process can be lost, so poll now and then.
        """
        return await self._wakes.wait(connector, seconds)

    async def remotes(self, connector: str, refs: Sequence[Ref]) -> dict[Ref, Remote]:
        """What is known of these records at the CRM."""
        return await self._look(partial(remote.remotes, connector=connector, refs=refs))

    # --- connectors ---

    async def state(self, connector: str) -> ConnectorState:
        return await self._look(partial(pauses.state, connector=connector))

    async def states(self) -> Mapping[str, ConnectorState]:
        """Of the connectors that were ever paused or limited."""
        return await self._read(pauses.states)

    async def pause(self, connector: str, *, kind: PauseKind, reason: str, until: datetime | None, now: datetime) -> None:
        await self._deliver(partial(pauses.pause, connector=connector, kind=kind, reason=reason, until=until, now=now))

    async def resume(self, connector: str, *, until: datetime | None) -> bool:
        """End the pause, if it is still the one that the caller saw. Returns whether it was."""
        return await self._deliver(partial(pauses.resume, connector=connector, until=until))

    async def take(self, connector: str, calls: int, *, limit: RateLimit, now: datetime) -> float:
        """0.0 where so many calls are allowed now; else the seconds after which to ask again."""
        return await self._deliver(partial(rate.take, connector=connector, calls=calls, limit=limit, now=now))

    # --- alarms ---

    async def take_watch(self, *, lease: timedelta, now: datetime) -> bool:
        """Whether this process is the one to watch for alarms until the lease ends: of those on one database only one is."""
        if not self._engines.postgresql:
            return True
        return await self._write(partial(alarms.take_watch, holder=self._sender, lease=lease, now=now))

    async def leave_watch(self) -> None:
        """Let another process watch at once."""
        if self._engines.postgresql:
            await self._write(partial(alarms.leave_watch, holder=self._sender))

    async def told(self) -> list[Told]:
        """The alarms that were told and are not over."""
        return await self._read(alarms.told)

    async def keep_told(self, key: str, about: str, *, now: datetime) -> None:
        """Remember that an alarm was told. `about` stays as long as the alarm: it must hold no personal data."""
        await self._write(partial(alarms.keep_told, key=key, about=about, now=now))

    async def forget_told(self, key: str) -> None:
        """An alarm is over, and that was told too."""
        await self._write(partial(alarms.forget_told, key=key))

    # --- for people ---

    async def status(self, connectors: Iterable[str] = (), *, now: datetime) -> Status:
        """How the store stands; of these connectors, and of others that have anything pending or dead."""
        return await self._read(partial(queries.status, connectors=tuple(connectors), now=now))

    async def events(self, chosen: Filter = EVERYTHING, *, before: str | None = None, after: str | None = None, limit: int = 50) -> Page:
        """A page of events, newest first; `before` is the `next` of the page before. `after` turns to the page of newer ones instead."""
        return await self._read(partial(queries.events, chosen=chosen, before=before, after=after, limit=limit))

    async def event(self, id: str) -> detail.Event:
        """One event with its deliveries and their attempts. Raises Unknown."""
        return await self._read(partial(detail.detail, id=id))

    async def person(self, key: str) -> detail.Person:
        """How a person stands at each connector."""
        return await self._read(partial(detail.person, key=key))

    async def unsearched(self, chosen: Filter) -> int:
        """How many calls in quarantine fit all that is asked but the person: who is in them was never understood."""
        return await self._read(partial(queries.unsearched, chosen=chosen))

    async def groups(self, *, most: int = 100, skip: int = 0, by: Order = "largest") -> tuple[list[Group], list[Group]]:
        """Dead deliveries, and quarantined calls, by their reasons; of each the first `most` behind the first `skip`."""
        return await self._read(partial(groups.groups, most=most, skip=skip, by=by))

    async def group(self, id: str) -> Group | None:
        """One group, however many there are; None where nothing is in it any more."""
        return await self._read(partial(groups.group, id=id))

    async def count_groups(self) -> GroupCounts:
        """How many groups there are of each kind."""
        return await self._read(groups.count_groups)

    async def drift(self) -> list[DriftCount]:
        """The keys that no schema knows, the most frequent first."""
        return await self._read(queries.drifted)

    async def per_period(self, edges: Sequence[datetime]) -> list[int]:
        """How many events came between each of these times and the next."""
        return await self._read(partial(queries.per_period, edges=edges))

    async def replay(
        self, selection: Selection, *, now: datetime, dry_run: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Replayed:
        """Make the chosen deliveries and all later ones of their lanes pending. See `replay.replay`."""
        return await replay.replay(self._read, self._write, selection, now=now, dry_run=dry_run, progress=progress)

    async def reached(self, chosen: Filter, *, before: str | None = None, limit: int) -> tuple[list[Reached], str | None]:
        """A page of events with the connectors at which they have deliveries, newest first, and the `before` of the next."""
        return await self._read(partial(reach.reached, chosen=chosen, before=before, limit=limit))

    async def kept(self, ids: Sequence[str]) -> list[Kept]:
        """Those of these events that are accepted, as they came."""
        return await self._read(partial(reach.kept, ids=ids))

    async def route(self, wanted: Mapping[str, Iterable[tuple[str, str]]], *, now: datetime) -> int:
        """Make the deliveries that accepted events have not got yet for their (connector, person key), in their place: later ones of
        those lanes are delivered again after them. All in one transaction. Returns how many were made.
        """
        return await self._writer.run(partial(route.route, wanted=wanted, now=now))

    async def discard(self, selection: Selection, *, now: datetime) -> int:
        """Give up the chosen deliveries that are pending or dead. Returns how many were."""
        return await replay.discard(self._read, self._write, selection, now=now)

    async def quarantined(self, *, after: str | None = None, limit: int = 100) -> list[Quarantined]:
        """Calls in quarantine with their bodies, oldest first, those after the id `after`."""
        return await self._read(partial(quarantine.quarantined, after=after, limit=limit))

    async def revalidate(self, id: str, judged: NewEvent, *, now: datetime, discarded: bool = False) -> Accepted | None:
        """Put the judged form in the place of a quarantined call, or of a `discarded` one. None where it has faults. Raises Unknown."""
        work = partial(quarantine.revalidate, acceptor=self._acceptor, id=id, new=judged, now=now, discarded=discarded)
        return await self._writer.run(work)

    async def discard_quarantined(self, ids: Sequence[str]) -> int:
        """Give up calls that are in quarantine. Returns how many were."""
        return await self._write(partial(quarantine.discard, ids=ids))

    # --- removal ---

    async def purge(self, *, before: datetime) -> int:
        """Remove events received before then that nobody waits for, and what belongs to them. Returns the number of events."""
        return await retention.purge(self._write, before=before)

    async def erase(self, address: str) -> Erased:
        """Remove a person from the store, and on SQLite from its file and log too. What is no e-mail address is nobody's."""
        if "@" not in address.strip("@ "):
            return Erased()
        erased = await erase.erase(self._read, self._write, address.strip().lower())
        if not self._engines.postgresql:
            await self._writer.run_bare(erase.checkpoint)
        return erased
