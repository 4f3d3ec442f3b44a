"""The opened database: its threads, who may run what on which of them, and whether it is sound."""

from __future__ import annotations

import asyncio
import secrets
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
from receiver.inbox.db.transaction import TransactionRunner
from receiver.inbox.events.accept import EventAcceptor
from receiver.inbox.events.writer import StoreWriter
from receiver.inbox.operation import installation, write_probe

_READY_SECONDS = 5.0


class Store:
    """What the inbox runs its transactions on. Open it with `Store.open`, close it with `aclose`.

    Delivery and people have threads of their own, so that neither waits for the other: `look` and
    `deliver` are delivery's, `read` and `write` people's. On SQLite one thread does all writing.
    """

    def __init__(self, engines: StoreEngines, *, dedup_hours: float, ids: EventIds) -> None:
        sender = secrets.token_hex(8)
        self._engines = engines
        self.acceptor = EventAcceptor(dedup_hours=dedup_hours, ids=ids)
        self.wakes = WakeUps()
        self.writer = StoreWriter(
            engines.write,
            self.acceptor,
            sender=sender,
            published=self.wakes.wake,
            files=engines.files,
            log=engines.log,
        )
        self._delivery = self._threads(DELIVERY_THREADS, sender)
        self._people = self._threads(PEOPLE_THREADS, sender)
        self.look: TransactionRunner = self._delivery.run
        self.read: TransactionRunner = self._people.run
        self.deliver: TransactionRunner = self.look if engines.postgresql else self.writer.run
        self.write: TransactionRunner = self.read if engines.postgresql else self.writer.run
        self._listener = (
            NotifyListener(engines.write, self.wakes, sender) if engines.postgresql else None
        )
        self._ready_at: datetime | None = None
        self._closed = False

    def _threads(self, number: int, sender: str) -> ThreadPool:
        return ThreadPool(self._engines.read, number, sender=sender, published=self.wakes.wake)

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
        store = cls(engines, dedup_hours=dedup_hours, ids=ids or EventIds())
        try:
            await store._start()
        except StoreUnavailable:
            await store.aclose()
            raise
        return store

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
        await self.writer.aclose()
        await asyncio.to_thread(self._engines.close)

    @property
    def is_shared(self) -> bool:
        """Whether other processes may work on this store."""
        return self._engines.postgresql

    async def log_key(self) -> bytes:
        """The secret by which people are named in the log: one per store, for all processes and
        across restarts.
        """
        while (key := await self.read(installation.log_key)) is None:
            await self.write(installation.make_log_key)
        return key

    async def check_writable(self, now: datetime) -> None:
        """Return if the store is sound and can be written; StoreUnavailable says why not.

        Asks the disk at most once a second.
        """
        if self.damage:
            raise StoreDamaged(self.damage)
        if self._engines.log and self._engines.log.full:
            raise StoreUnavailable(self.long_log)
        doubtful = self.writer.failing
        if (
            not doubtful
            and self._ready_at is not None
            and now - self._ready_at < timedelta(seconds=1)
        ):
            return
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self.writer.run(
                    partial(write_probe.probe_writing, now=now, doubtful=doubtful)
                )
        except TimeoutError:
            raise StoreUnavailable(
                f"the store did not answer within {_READY_SECONDS:g} seconds"
            ) from None
        self._ready_at, self.writer.failing = now, False

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
