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
from receiver.inbox.db.event_ids import EventIds
from receiver.inbox.db.notifications import NotifyListener, WakeUps
from receiver.inbox.db.thread_pool import ThreadPool
from receiver.inbox.db.transaction import ERASURE, TransactionRunner
from receiver.inbox.events import erase, quarantine, retention
from receiver.inbox.events.accept import AcceptedEvent, EventAcceptor, NewEvent
from receiver.inbox.events.erase import ErasedPerson
from receiver.inbox.events.writer import StoreWriter
from receiver.inbox.inbox_operation import InboxOperation
from receiver.inbox.inbox_profiles import InboxProfiles
from receiver.inbox.inbox_reads import InboxReads
from receiver.inbox.lanes import backfill, ready, record_state, replay, settle
from receiver.inbox.lanes.ready import LaneQueue, ReadyLane
from receiver.inbox.lanes.record_state import RecordRef, RecordState
from receiver.inbox.lanes.replay import DeliverySelection, ReplayResult
from receiver.inbox.lanes.settle import Settlement, SettleReport
from receiver.inbox.operation import (
    installation,
    write_probe,
)

_READY_SECONDS = 5.0


class Inbox(InboxReads, InboxOperation, InboxProfiles):
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

    def set_dedup_hours(self, hours: float) -> None:
        """How long a repetition is known as one, for the events that come from now on."""
        self._acceptor.dedup_hours = hours

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

    def is_accepting(self) -> bool:
        """Whether events wait for their commit, or did so right now."""
        return self._writer.is_accepting()

    async def check_writable(self, now: datetime) -> None:
        """Return if the store is sound and can be written; StoreUnavailable says why not.

        Asks the disk at most once a second.
        """
        if self.damage:
            raise StoreDamaged(self.damage)
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
    def damage(self) -> str | None:
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

    async def settle_lanes(self, settlement: Settlement, *, now: datetime) -> SettleReport:
        """Record what came of lanes, in one transaction, if whoever tells it leads still.

        Where that raises StoreDamaged tell each alone: a lane that still does is in no queue any
        more.
        """
        try:
            return await self._deliver(partial(settle.settle_lanes, settlement=settlement, now=now))
        except StoreDamaged:
            if len(settlement.lanes) == 1:  # or it would be delivered again and again
                self._damaged_lanes.update(one.lane.lane_id for one in settlement.lanes)
            raise

    async def correct_waits(self, connector: str, *, now: datetime) -> int:
        """Let no lane wait longer than it was meant to: its time is of a clock that was ahead.

        Returns how many there were.
        """
        return await self._deliver(partial(ready.correct_waits, connector=connector, now=now))

    async def wait_for_change(self, connector: str, seconds: float) -> bool:
        """Wait until there may be new work for the connector since its last `list_queues`,
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

    # --- what people change ---

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

    async def purge_old(self, *, before: datetime, keep_uncounted: bool = False) -> int:
        """Remove events received before then that nobody waits for, and what belongs to them; with
        `keep_uncounted` those stay whose facts profiles wait for.

        Returns the number of events.
        """
        return await retention.purge_old(self._write, before=before, keep_uncounted=keep_uncounted)

    async def erase_person(self, address: str) -> ErasedPerson:
        """Remove a person from the store, and on SQLite from its file and log too.

        What is no e-mail address is nobody's.
        """
        if "@" not in address.strip("@ "):
            return ErasedPerson()
        erased = await erase.erase_person(self._read, self._write, address.strip().lower())
        if not self._engines.postgresql:
            await self._writer.run_bare(erase.empty_log)
        await self._write(lambda transaction: transaction.woken.add(ERASURE))
        return erased

    async def wait_for_erasure(self, seconds: float) -> bool:
        """Wait, at most so long, until this process or another may have erased somebody since the
        last wait: a false alarm comes where the connection to the others was lost.
        """
        return await self._wakes.wait(ERASURE, seconds)
