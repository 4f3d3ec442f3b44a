"""The inbox: one object for all that the gateway does with its store."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Self

from receiver.inbox.db.engine import DELIVERY_THREADS, MAX_WAL_MB, PEOPLE_THREADS, Engines, open_engines
from receiver.inbox.db.errors import StoreDamaged, StoreUnavailable
from receiver.inbox.db.event_filter import EVERYTHING, Filter
from receiver.inbox.db.event_ids import EventIds
from receiver.inbox.db.notifications import Listener, Wakes
from receiver.inbox.db.thread_pool import Pool
from receiver.inbox.db.transaction import Run
from receiver.inbox.events import erase, quarantine, retention
from receiver.inbox.events.accept import Accepted, Acceptor, NewEvent
from receiver.inbox.events.erase import Erased
from receiver.inbox.events.quarantine import Quarantined
from receiver.inbox.events.writer import Writer
from receiver.inbox.lanes import backfill, ready, record_state, replay, settle
from receiver.inbox.lanes.ready import Queue, ReadyLane
from receiver.inbox.lanes.record_state import Ref, Remote
from receiver.inbox.lanes.replay import Replayed, Selection
from receiver.inbox.lanes.settle import Settlement, SettleReport
from receiver.inbox.operation import connector_state, installation, leadership, sent_alarms, write_probe
from receiver.inbox.operation.connector_state import ConnectorState
from receiver.inbox.operation.leadership import Term
from receiver.inbox.operation.sent_alarms import Told
from receiver.inbox.reads import attention_groups, coverage, event_detail, queries, waiting_lanes
from receiver.inbox.reads.attention_groups import Group, GroupCounts, Order
from receiver.inbox.reads.coverage import Kept, Reached
from receiver.inbox.reads.queries import DriftCount, Page, Status
from receiver.inbox.reads.waiting_lanes import Waiting

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
        self._writer = Writer(
            engines.write, self._acceptor, sender=sender, published=self._wakes.wake, files=engines.files, log=engines.log
        )
        self._delivery = Pool(engines.read, DELIVERY_THREADS, sender=sender, published=self._wakes.wake)
        self._people = Pool(engines.read, PEOPLE_THREADS, sender=sender, published=self._wakes.wake)
        self._look: Run = self._delivery.run
        self._deliver: Run = self._delivery.run if engines.postgresql else self._writer.run
        self._read: Run = self._people.run
        self._write: Run = self._people.run if engines.postgresql else self._writer.run
        self._listener = Listener(engines.write, self._wakes, sender) if engines.postgresql else None
        self._damaged_lanes: set[int] = set()
        self._ready_at: datetime | None = None
        self._closed = False

    @classmethod
    async def open(cls, url: str, *, dedup_hours: float, max_wal_mb: int = MAX_WAL_MB, ids: EventIds | None = None) -> Self:
        """Open `sqlite:///FILE` or `postgresql://…`, bringing its tables up to date. StoreLocked: another process owns the file."""
        engines = await asyncio.to_thread(open_engines, url, max_wal_mb)
        inbox = cls(engines, dedup_hours=dedup_hours, ids=ids or EventIds())
        try:
            await inbox._start()
        except StoreUnavailable:
            await inbox.aclose()
            raise
        return inbox

    async def _start(self) -> None:
        if self._listener:
            await self._listener.started()

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

    async def log_key(self) -> bytes:
        """The secret by which people are named in the log: one per store, for all processes and across restarts."""
        while (key := await self._read(installation.log_key)) is None:
            await self._write(installation.make_log_key)
        return key

    # --- events in ---

    def accept(self, event: NewEvent) -> asyncio.Future[Accepted]:
        """Keep the event; once this is done it is on the disk. Fails with Unstorable for one that no database can hold."""
        return self._writer.accept(event)

    async def ready(self, now: datetime) -> None:
        """Return if the store is sound and can be written; StoreUnavailable says why not. Asks the disk at most once a second."""
        if self.damage:
            raise StoreDamaged(self.damage)
        if self._engines.log and self._engines.log.full:
            raise StoreUnavailable(self.long_log)
        doubtful = self._writer.failing
        if not doubtful and self._ready_at is not None and now - self._ready_at < timedelta(seconds=1):
            return
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._writer.run(partial(write_probe.beat, now=now, doubtful=doubtful))
        except TimeoutError:
            raise StoreUnavailable(f"the store did not answer within {_READY_SECONDS:g} seconds") from None
        self._ready_at, self._writer.failing = now, False

    @property
    def damage(self) -> str | None:
        """Where the SQLite file was found damaged since it was opened, and what to do."""
        return self._engines.damage.words if self._engines.damage else None

    @property
    def long_log(self) -> str | None:
        """Why SQLite's write-ahead log grows, and what to do, where it is far longer than it should be."""
        return self._engines.log.warning if self._engines.log else None

    @property
    def log_bytes(self) -> int:
        """The size of SQLite's write-ahead log, as it was seen last."""
        return self._engines.log.size if self._engines.log else 0

    # --- deliveries out ---

    async def queues(self, connector: str, *, limit: int, busy: Collection[int], now: datetime) -> list[Queue]:
        """The lanes that are ready, by priority and source; of each queue up to `limit`, without those that are `busy`.

        Wake-ups before it are forgotten.
        """
        self._wakes.forget(connector)
        busy = {*busy, *self._damaged_lanes}
        return await self._look(partial(ready.queues, connector=connector, limit=limit, busy=busy, now=now))

    async def load(self, lanes: Sequence[int], *, now: datetime) -> list[ReadyLane]:
        """These lanes with their oldest pending deliveries; those without any are put to rest. Some may not fit, and are missing.

        So are those that lie on a damaged page, which are in no queue any more: the others are to go on.
        """
        try:
            loaded = await self._look(partial(ready.load, lanes=lanes, now=now))
        except StoreDamaged:
            loaded = [lane for id in lanes for lane in await self._load_alone(id, now)]
        if empty := [one for one in loaded if not one.deliveries]:
            await self._deliver(partial(ready.rest, lanes=empty))
        return [one for one in loaded if one.deliveries]

    async def _load_alone(self, lane: int, now: datetime) -> list[ReadyLane]:
        try:
            return await self._look(partial(ready.load, lanes=[lane], now=now))
        except StoreDamaged:
            self._damaged_lanes.add(lane)
            return []

    async def settle(self, told: Settlement, *, now: datetime) -> SettleReport:
        """Record what came of lanes, in one transaction, if whoever tells it leads still.

        Where that raises StoreDamaged tell each alone: a lane that still does is in no queue any more.
        """
        try:
            return await self._deliver(partial(settle.settle, told=told, now=now))
        except StoreDamaged:
            if len(told.lanes) == 1:  # or it would be delivered again and again
                self._damaged_lanes.update(one.lane.lane_id for one in told.lanes)
            raise

    async def correct_waits(self, connector: str, *, now: datetime) -> int:
        """Let no lane wait longer than it was meant to: its time is of a clock that was ahead. Returns how many there were."""
        return await self._deliver(partial(ready.correct_waits, connector=connector, now=now))

    async def changed(self, connector: str, seconds: float) -> bool:
        """Wait until there may be new work for the connector since its last `queues` or `changed`, at most so long.

        False alarms happen; and the wake-up of another process can be lost, so poll now and then.
        """
        return await self._wakes.wait(connector, seconds)

    async def remotes(self, connector: str, refs: Collection[Ref]) -> dict[Ref, Remote]:
        """What is known of these records at the CRM."""
        return await self._look(partial(record_state.remotes, connector=connector, refs=refs))

    # --- connectors ---

    async def state(self, connector: str) -> ConnectorState:
        return await self._look(partial(connector_state.state, connector=connector))

    async def states(self) -> Mapping[str, ConnectorState]:
        """Of the connectors of which anything was ever kept."""
        return await self._read(connector_state.states)

    async def waiting(self, connectors: Iterable[str]) -> Mapping[str, Waiting]:
        """Who is tried again at these connectors, and why; where nobody is, it is left out."""
        return await self._read(partial(waiting_lanes.waiting, connectors=tuple(connectors)))

    async def keep_state(self, state: ConnectorState, epoch: int) -> None:
        """Keep what its leader knows of a connector; nothing where another leads by now."""
        await self._deliver(partial(connector_state.keep, known=state, epoch=epoch))

    # --- leadership ---

    @property
    def shared(self) -> bool:
        """Whether other processes may work on this store."""
        return self._engines.postgresql

    async def take_lead(self, role: str, *, holder: str, lease: timedelta, now: datetime) -> Term | None:
        """Lead from now on; None where another process does."""
        work = partial(leadership.take, role=role, holder=holder, lease=lease, alone=not self.shared, now=now)
        return await self._deliver(work)

    async def renew_lead(self, role: str, epoch: int, *, lease: timedelta, calls_end_in: float | None, now: datetime) -> str | None:
        """Go on leading. None where another has taken over, else the rival that asks for the role, or ""."""
        work = partial(leadership.renew, role=role, epoch=epoch, lease=lease, calls_end_in=calls_end_in, now=now)
        return await self._deliver(work)

    async def give_back_lead(self, role: str, epoch: int, *, calls_end_in: float | None, now: datetime) -> None:
        """Let another lead at once; calls that were cut short may be under way for so many seconds."""
        await self._deliver(partial(leadership.give_back, role=role, epoch=epoch, calls_end_in=calls_end_in, now=now))

    async def ask_for_lead(self, role: str, rival: str) -> None:
        """Tell the leader that a process which leads less would take the role."""
        await self._deliver(partial(leadership.ask_for, role=role, rival=rival))

    # --- alarms ---

    async def told(self) -> list[Told]:
        """The alarms that were told and are not over."""
        return await self._read(sent_alarms.told)

    async def keep_told(self, key: str, about: str, *, now: datetime) -> None:
        """Remember that an alarm was told. `about` stays as long as the alarm: it must hold no personal data."""
        await self._write(partial(sent_alarms.keep_told, key=key, about=about, now=now))

    async def forget_told(self, key: str) -> None:
        """An alarm is over, and that was told too."""
        await self._write(partial(sent_alarms.forget_told, key=key))

    # --- for people ---

    async def status(self, connectors: Iterable[str] = (), *, now: datetime) -> Status:
        """How the store stands; of these connectors, and of others that have anything pending or dead."""
        return await self._read(partial(queries.status, connectors=tuple(connectors), now=now))

    async def events(self, chosen: Filter = EVERYTHING, *, before: str | None = None, after: str | None = None, limit: int = 50) -> Page:
        """A page of events, newest first; `before` is the `next` of the page before. `after` turns to the page of newer ones instead."""
        return await self._read(partial(queries.events, chosen=chosen, before=before, after=after, limit=limit))

    async def event(self, id: str) -> event_detail.Event:
        """One event with its deliveries and their attempts. Raises Unknown."""
        return await self._read(partial(event_detail.detail, id=id))

    async def person(self, key: str) -> event_detail.Person:
        """How a person stands at each connector."""
        return await self._read(partial(event_detail.person, key=key))

    async def unsearched(self, chosen: Filter) -> int:
        """How many calls in quarantine fit all that is asked but the person: who is in them was never understood."""
        return await self._read(partial(queries.unsearched, chosen=chosen))

    async def groups(self, *, most: int = 100, skip: int = 0, by: Order = "largest") -> tuple[list[Group], list[Group]]:
        """Dead deliveries, and quarantined calls, by their reasons; of each the first `most` behind the first `skip`."""
        return await self._read(partial(attention_groups.groups, most=most, skip=skip, by=by))

    async def group(self, id: str) -> Group | None:
        """One group, however many there are; None where nothing is in it any more."""
        return await self._read(partial(attention_groups.group, id=id))

    async def count_groups(self) -> GroupCounts:
        """How many groups there are of each kind."""
        return await self._read(attention_groups.count_groups)

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
        return await self._read(partial(coverage.reached, chosen=chosen, before=before, limit=limit))

    async def kept(self, ids: Sequence[str]) -> list[Kept]:
        """Those of these events that are accepted, as they came."""
        return await self._read(partial(coverage.kept, ids=ids))

    async def route(self, wanted: Mapping[str, Iterable[tuple[str, str]]], *, now: datetime) -> int:
        """Make the deliveries that accepted events have not got yet for their (connector, person key), in their place: later ones of
        those lanes are delivered again after them. All in one transaction. Returns how many were made.
        """
        return await self._writer.run(partial(backfill.route, wanted=wanted, now=now))

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

    async def amend(self, id: str, judged: NewEvent, *, now: datetime) -> Accepted:
        """Put what a call in quarantine was amended to in its place, and keep it as it came beside it. Raises Unknown."""
        return await self._writer.run(partial(quarantine.amend, acceptor=self._acceptor, id=id, new=judged, now=now))

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
