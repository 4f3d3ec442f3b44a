"""The inbox: one object for all that the gateway does with its store."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Self

from receiver.inbox.db.engine import (
    DELIVERY_THREADS,
    MAX_WAL_MB,
    PEOPLE_THREADS,
    StoreEngines,
    open_engines,
)
from receiver.inbox.db.errors import StoreDamaged, StoreUnavailable
from receiver.inbox.db.event_filter import ALL_EVENTS, EventFilter
from receiver.inbox.db.event_ids import EventIds
from receiver.inbox.db.notifications import NotifyListener, WakeUps
from receiver.inbox.db.thread_pool import ThreadPool
from receiver.inbox.db.transaction import TransactionRunner
from receiver.inbox.events import erase, quarantine, retention
from receiver.inbox.events.accept import AcceptedEvent, EventAcceptor, NewEvent
from receiver.inbox.events.erase import ErasedPerson
from receiver.inbox.events.quarantine import QuarantinedCall
from receiver.inbox.events.writer import StoreWriter
from receiver.inbox.lanes import backfill, ready, record_state, replay, settle
from receiver.inbox.lanes.ready import LaneQueue, ReadyLane
from receiver.inbox.lanes.record_state import RecordRef, RecordState
from receiver.inbox.lanes.replay import DeliverySelection, ReplayResult
from receiver.inbox.lanes.settle import Settlement, SettleReport
from receiver.inbox.operation import (
    connector_state,
    installation,
    leadership,
    sent_alarms,
    write_probe,
)
from receiver.inbox.operation.connector_state import ConnectorState
from receiver.inbox.operation.leadership import LeaderTerm
from receiver.inbox.operation.sent_alarms import SentAlarm
from receiver.inbox.reads import attention_groups, coverage, event_detail, queries, waiting_lanes
from receiver.inbox.reads.attention_groups import AttentionGroup, GroupCounts, Order
from receiver.inbox.reads.coverage import EventCoverage, StoredCall
from receiver.inbox.reads.queries import DriftCount, EventRowPage, StoreStatus
from receiver.inbox.reads.waiting_lanes import WaitingLanes

_READY_SECONDS = 5.0


class Inbox:
    """Open it with `await Inbox.open(url, dedup_hours=…)` and close it with `aclose`.

    All times are aware datetimes.

    Any method raises StoreUnavailable where the database does not answer.
    """

    def __init__(self, engines: StoreEngines, *, dedup_hours: float, ids: EventIds) -> None:
        sender = secrets.token_hex(8)
        self._engines = engines
        self._sender = sender
        self._acceptor = EventAcceptor(dedup_hours=dedup_hours, ids=ids)
        self._wakes = WakeUps()
        self._writer = StoreWriter(
            engines.write,
            self._acceptor,
            sender=sender,
            published=self._wakes.wake,
            files=engines.files,
            log=engines.log,
        )
        self._delivery = ThreadPool(
            engines.read, DELIVERY_THREADS, sender=sender, published=self._wakes.wake
        )
        self._people = ThreadPool(
            engines.read, PEOPLE_THREADS, sender=sender, published=self._wakes.wake
        )
        self._look: TransactionRunner = self._delivery.run
        self._deliver: TransactionRunner = (
            self._delivery.run if engines.postgresql else self._writer.run
        )
        self._read: TransactionRunner = self._people.run
        self._write: TransactionRunner = (
            self._people.run if engines.postgresql else self._writer.run
        )
        self._listener = (
            NotifyListener(engines.write, self._wakes, sender) if engines.postgresql else None
        )
        self._damaged_lanes: set[int] = set()
        self._ready_at: datetime | None = None
        self._closed = False

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        dedup_hours: float,
        max_wal_mb: int = MAX_WAL_MB,
        ids: EventIds | None = None,
    ) -> Self:
        """Open `sqlite:///FILE` or `postgresql://…`, bringing its tables up to date.

        StoreLocked: another process owns the file.
        """
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
        """Commit what was accepted, let what is under way finish, and give the database back.

        Once is enough, twice does no harm.
        """
        if self._closed:
            return
        self._closed = True
        if self._listener:
            await self._listener.aclose()
        await asyncio.gather(self._delivery.aclose(), self._people.aclose())
        # before the writer: the last to leave a SQLite file empties its log
        await asyncio.to_thread(self._engines.read.dispose)
        await self._writer.aclose()
        await asyncio.to_thread(self._engines.close)

    async def log_key(self) -> bytes:
        """The secret by which people are named in the log: one per store, for all processes and
        across restarts.
        """
        while (key := await self._read(installation.log_key)) is None:
            await self._write(installation.make_log_key)
        return key

    # --- events in ---

    def accept(self, event: NewEvent) -> asyncio.Future[AcceptedEvent]:
        """Keep the event; once this is done it is on the disk.

        Fails with Unstorable for one that no database can hold.
        """
        return self._writer.accept(event)

    async def check_writable(self, now: datetime) -> None:
        """Return if the store is sound and can be written; StoreUnavailable says why not.

        Asks the disk at most once a second.
        """
        if self.find_damage:
            raise StoreDamaged(self.find_damage)
        if self._engines.log and self._engines.log.full:
            raise StoreUnavailable(self.long_log)
        doubtful = self._writer.failing
        if (
            not doubtful
            and self._ready_at is not None
            and now - self._ready_at < timedelta(seconds=1)
        ):
            return
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._writer.run(
                    partial(write_probe.probe_writing, now=now, doubtful=doubtful)
                )
        except TimeoutError:
            raise StoreUnavailable(
                f"the store did not answer within {_READY_SECONDS:g} seconds"
            ) from None
        self._ready_at, self._writer.failing = now, False

    @property
    def find_damage(self) -> str | None:
        """Where the SQLite file was found damaged since it was opened, and what to do."""
        return self._engines.damage.words if self._engines.damage else None

    @property
    def long_log(self) -> str | None:
        """Why SQLite's write-ahead log grows, and what to do, where it is far longer than it should
        be.
        """
        return self._engines.log.warning if self._engines.log else None

    @property
    def log_bytes(self) -> int:
        """The size of SQLite's write-ahead log, as it was seen last."""
        return self._engines.log.size if self._engines.log else 0

    # --- deliveries out ---

    async def list_queues(
        self, connector: str, *, limit: int, busy: Collection[int], now: datetime
    ) -> list[LaneQueue]:
        """The lanes that are ready, by priority and source; of each queue up to `limit`, without
        those that are `busy`.

        Wake-ups before it are forgotten.
        """
        self._wakes.forget(connector)
        busy = {*busy, *self._damaged_lanes}
        return await self._look(
            partial(ready.list_queues, connector=connector, limit=limit, busy=busy, now=now)
        )

    async def load_lanes(self, lanes: Sequence[int], *, now: datetime) -> list[ReadyLane]:
        """These lanes with their oldest pending deliveries; those without any are put to rest.

        Some may not fit, and are missing.

        So are those that lie on a damaged page, which are in no queue any more: the others are to
        go on.
        """
        try:
            loaded = await self._look(partial(ready.load_lanes, lanes=lanes, now=now))
        except StoreDamaged:
            loaded = [lane for id in lanes for lane in await self._load_alone(id, now)]
        if empty := [one for one in loaded if not one.deliveries]:
            await self._deliver(partial(ready.rest_lanes, lanes=empty))
        return [one for one in loaded if one.deliveries]

    async def _load_alone(self, lane: int, now: datetime) -> list[ReadyLane]:
        try:
            return await self._look(partial(ready.load_lanes, lanes=[lane], now=now))
        except StoreDamaged:
            self._damaged_lanes.add(lane)
            return []

    async def settle_lanes(self, told: Settlement, *, now: datetime) -> SettleReport:
        """Record what came of lanes, in one transaction, if whoever tells it leads still.

        Where that raises StoreDamaged tell each alone: a lane that still does is in no queue any
        more.
        """
        try:
            return await self._deliver(partial(settle.settle_lanes, told=told, now=now))
        except StoreDamaged:
            if len(told.lanes) == 1:  # or it would be delivered again and again
                self._damaged_lanes.update(one.lane.lane_id for one in told.lanes)
            raise

    async def correct_waits(self, connector: str, *, now: datetime) -> int:
        """Let no lane wait longer than it was meant to: its time is of a clock that was ahead.

        Returns how many there were.
        """
        return await self._deliver(partial(ready.correct_waits, connector=connector, now=now))

    async def wait_for_change(self, connector: str, seconds: float) -> bool:
        """Wait until there may be new work for the connector since its last `queues` or `changed`,
        at most so long.

        False alarms happen; and the wake-up of another process can be lost, so poll now and then.
        """
        return await self._wakes.wait(connector, seconds)

    async def find_record_states(
        self, connector: str, refs: Collection[RecordRef]
    ) -> dict[RecordRef, RecordState]:
        """What is known of these records at the CRM."""
        return await self._look(
            partial(record_state.find_record_states, connector=connector, refs=refs)
        )

    # --- connectors ---

    async def find_state(self, connector: str) -> ConnectorState:
        return await self._look(partial(connector_state.find_state, connector=connector))

    async def find_states(self) -> Mapping[str, ConnectorState]:
        """Of the connectors of which anything was ever kept."""
        return await self._read(connector_state.find_states)

    async def find_waiting(self, connectors: Iterable[str]) -> Mapping[str, WaitingLanes]:
        """Who is tried again at these connectors, and why; where nobody is, it is left out."""
        return await self._read(partial(waiting_lanes.find_waiting, connectors=tuple(connectors)))

    async def keep_state(self, state: ConnectorState, epoch: int) -> None:
        """Keep what its leader knows of a connector; nothing where another leads by now."""
        await self._deliver(partial(connector_state.keep_state, known=state, epoch=epoch))

    # --- leadership ---

    @property
    def is_shared(self) -> bool:
        """Whether other processes may work on this store."""
        return self._engines.postgresql

    async def take_lead(
        self, role: str, *, holder: str, lease: timedelta, now: datetime
    ) -> LeaderTerm | None:
        """Lead from now on; None where another process does."""
        work = partial(
            leadership.take_lead,
            role=role,
            holder=holder,
            lease=lease,
            alone=not self.is_shared,
            now=now,
        )
        return await self._deliver(work)

    async def renew_lead(
        self, role: str, epoch: int, *, lease: timedelta, calls_end_in: float | None, now: datetime
    ) -> str | None:
        """Go on leading.

        None where another has taken over, else the rival that asks for the role, or "".
        """
        work = partial(
            leadership.renew_lead,
            role=role,
            epoch=epoch,
            lease=lease,
            calls_end_in=calls_end_in,
            now=now,
        )
        return await self._deliver(work)

    async def give_back_lead(
        self, role: str, epoch: int, *, calls_end_in: float | None, now: datetime
    ) -> None:
        """Let another lead at once; calls that were cut short may be under way for so many
        seconds.
        """
        await self._deliver(
            partial(
                leadership.give_back_lead,
                role=role,
                epoch=epoch,
                calls_end_in=calls_end_in,
                now=now,
            )
        )

    async def ask_for_lead(self, role: str, rival: str) -> None:
        """Tell the leader that a process which leads less would take the role."""
        await self._deliver(partial(leadership.ask_for_lead, role=role, rival=rival))

    # --- alarms ---

    async def find_sent_alarms(self) -> list[SentAlarm]:
        """The alarms that were told and are not over."""
        return await self._read(sent_alarms.find_sent_alarms)

    async def keep_sent_alarm(self, key: str, about: str, *, now: datetime) -> None:
        """Remember that an alarm was told.

        `about` stays as long as the alarm: it must hold no personal data.
        """
        await self._write(partial(sent_alarms.keep_sent_alarm, key=key, about=about, now=now))

    async def forget_sent_alarm(self, key: str) -> None:
        """An alarm is over, and that was told too."""
        await self._write(partial(sent_alarms.forget_sent_alarm, key=key))

    # --- for people ---

    async def read_status(self, connectors: Iterable[str] = (), *, now: datetime) -> StoreStatus:
        """How the store stands; of these connectors, and of others that have anything pending or
        dead.
        """
        return await self._read(partial(queries.read_status, connectors=tuple(connectors), now=now))

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

    async def list_drift(self) -> list[DriftCount]:
        """The keys that no schema knows, the most frequent first."""
        return await self._read(queries.list_drift)

    async def count_per_period(self, edges: Sequence[datetime]) -> list[int]:
        """How many events came between each of these times and the next."""
        return await self._read(partial(queries.count_per_period, edges=edges))

    async def replay_deliveries(
        self,
        selection: DeliverySelection,
        *,
        now: datetime,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> ReplayResult:
        """Make the chosen deliveries and all later ones of their lanes pending.

        See `replay.replay`.
        """
        return await replay.replay_deliveries(
            self._read, self._write, selection, now=now, dry_run=dry_run, progress=progress
        )

    async def list_coverage(
        self, chosen: EventFilter, *, before: str | None = None, limit: int
    ) -> tuple[list[EventCoverage], str | None]:
        """A page of events with the connectors at which they have deliveries, newest first, and the
        `before` of the next.
        """
        return await self._read(
            partial(coverage.list_coverage, chosen=chosen, before=before, limit=limit)
        )

    async def find_calls(self, ids: Sequence[str]) -> list[StoredCall]:
        """Those of these events that are accepted, as they came."""
        return await self._read(partial(coverage.find_calls, ids=ids))

    async def add_deliveries(
        self, wanted: Mapping[str, Iterable[tuple[str, str]]], *, now: datetime
    ) -> int:
        """Make the deliveries that accepted events have not got yet for their (connector, person
        key), in their place: later ones of those lanes are delivered again after them. All in one
        transaction. Returns how many were made.
        """
        return await self._writer.run(partial(backfill.add_deliveries, wanted=wanted, now=now))

    async def discard_selected(self, selection: DeliverySelection, *, now: datetime) -> int:
        """Give up the chosen deliveries that are pending or dead. Returns how many were."""
        return await replay.discard_selected(self._read, self._write, selection, now=now)

    async def list_quarantined(
        self, *, after: str | None = None, limit: int = 100
    ) -> list[QuarantinedCall]:
        """Calls in quarantine with their bodies, oldest first, those after the id `after`."""
        return await self._read(partial(quarantine.list_quarantined, after=after, limit=limit))

    async def accept_revalidated(
        self, id: str, validated: NewEvent, *, now: datetime, discarded: bool = False
    ) -> AcceptedEvent | None:
        """Put the validated form in the place of a quarantined call, or of a `discarded` one.

        None where it has faults. Raises Unknown.
        """
        work = partial(
            quarantine.accept_revalidated,
            acceptor=self._acceptor,
            id=id,
            new=validated,
            now=now,
            discarded=discarded,
        )
        return await self._writer.run(work)

    async def accept_amended(self, id: str, validated: NewEvent, *, now: datetime) -> AcceptedEvent:
        """Put what a call in quarantine was amended to in its place, and keep it as it came beside
        it. Raises Unknown.
        """
        return await self._writer.run(
            partial(
                quarantine.accept_amended, acceptor=self._acceptor, id=id, new=validated, now=now
            )
        )

    async def discard_quarantined(self, ids: Sequence[str]) -> int:
        """Give up calls that are in quarantine. Returns how many were."""
        return await self._write(partial(quarantine.discard_calls, ids=ids))

    # --- removal ---

    async def purge_old(self, *, before: datetime) -> int:
        """Remove events received before then that nobody waits for, and what belongs to them.

        Returns the number of events.
        """
        return await retention.purge_old(self._write, before=before)

    async def erase_person(self, address: str) -> ErasedPerson:
        """Remove a person from the store, and on SQLite from its file and log too.

        What is no e-mail address is nobody's.
        """
        if "@" not in address.strip("@ "):
            return ErasedPerson()
        erased = await erase.erase_person(self._read, self._write, address.strip().lower())
        if not self._engines.postgresql:
            await self._writer.run_bare(erase.empty_log)
        return erased
