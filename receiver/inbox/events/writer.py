"""The thread that commits: events that wait together share one commit.

What else makes deliveries, and on SQLite all writing, is done here too.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from receiver.inbox.db.errors import (
    InboxError,
    StoreDamaged,
    StoreUnavailable,
    Unstorable,
    as_unavailable,
    driver_reason,
    is_beaten,
    is_disconnect,
    is_unavailable,
)
from receiver.inbox.db.sqlite.store_files import StoreFiles
from receiver.inbox.db.sqlite.write_ahead_log import EVERY_SECONDS, WriteAheadLog
from receiver.inbox.db.transaction import Transaction, open_transaction
from receiver.inbox.db.transaction_retry import run_with_retry
from receiver.inbox.events.accept import AcceptedEvent, AcceptEntry, EventAcceptor, NewEvent
from receiver.inbox.events.micro_batch import MicroBatch

T = TypeVar("T")
Published = Callable[[Iterable[str]], None]

_GROUP = 256
# people of one event, from which on it has a commit of its own, and those for few take turns with
# it
_MANY = 100
_RIGHT_NOW = 0.005  # seconds
_MOST_WAITING = 20_000
_MOST_WAITING_BYTES = 128 * 1024 * 1024


@dataclass(slots=True)
class _WriterTask:
    work: Callable[[Connection], Any]
    future: Future[Any]


class StoreWriter:
    """Create it on the event loop that uses it.

    `published` is called there with the connectors that a commit woke.
    """

    def __init__(
        self,
        engine: Engine,
        acceptor: EventAcceptor,
        *,
        sender: str,
        published: Published,
        files: StoreFiles | None = None,
        log: WriteAheadLog | None = None,
    ) -> None:
        self._engine = engine
        self._files = files
        self._log = log
        self._acceptor = acceptor
        self._sender = sender
        self._published = published
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[list[AcceptEntry] | _WriterTask | None] = SimpleQueue()
        self._gathered: MicroBatch[AcceptEntry] = MicroBatch(self._queue.put, most=_GROUP)
        self._waiting = self._waiting_bytes = 0
        self._answered_at = -_RIGHT_NOW  # the last events
        self._closing = False
        self.failing = False  # the last commit of events failed for the store's own reasons
        self._entries: deque[AcceptEntry] = deque()
        self._large: deque[AcceptEntry] = deque()
        self._large_is_next = False
        self._jobs: deque[_WriterTask] = deque()
        self._stopped = False
        self._connection: Connection | None = None
        self._saved = False
        self._thread = Thread(target=self._run, name="inbox-writer", daemon=True)
        self._thread.start()

    # --- on the event loop ---

    def accept(self, new: NewEvent) -> asyncio.Future[AcceptedEvent]:
        """Hand an event to the next commit, together with those that come right after it."""
        if self._closing:
            raise StoreUnavailable("the store is closing")
        if self._waiting >= _MOST_WAITING or self._waiting_bytes >= _MOST_WAITING_BYTES:
            raise StoreUnavailable(
                f"the disk does not keep up: {self._waiting} events wait to be written"
            )
        if self._log and self._log.full:
            raise StoreUnavailable(self._log.warning)
        future: asyncio.Future[AcceptedEvent] = self._loop.create_future()
        entry = AcceptEntry(new, future)
        self._waiting += 1
        self._waiting_bytes += len(new.body)
        if _is_large(entry):
            self._queue.put([entry])
        else:
            self._gathered.add(entry)
        return future

    def is_accepting(self) -> bool:
        """Whether events wait for their commit, or did so right now: whoever sends without a pause
        is about to send the next.
        """
        return self._waiting > 0 or self._loop.time() - self._answered_at < _RIGHT_NOW

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Run it in a transaction of its own, in turn with the events that wait: neither kind is
        before the other.
        """

        def within(connection: Connection) -> T:
            with open_transaction(connection, self._sender) as current:
                result = work(current)
            self._publish(current.woken)
            return result

        return await self.run_bare(within)

    async def run_bare(self, work: Callable[[Connection], T]) -> T:
        """Run it on the writing connection, outside of any transaction."""
        if self._closing:
            raise StoreUnavailable("the store is closing")
        job = _WriterTask(work, Future())
        self._queue.put(job)
        result: T = await asyncio.wrap_future(job.future)
        return result

    async def aclose(self) -> None:
        """Write what is queued, then stop."""
        if not self._closing:
            self._closing = True
            self._gathered.flush()
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.sleep(0)  # the last outcomes are given in the loop's next turn

    def _answer(self, entries: Sequence[AcceptEntry], woken: Iterable[str]) -> None:
        self._published(woken)
        self._answered_at = self._loop.time()
        if not _is_large(entries[0]):
            self._gathered.done(len(entries))
        for entry in entries:
            self._waiting -= 1
            self._waiting_bytes -= len(entry.event.body)
            if entry.future is None or entry.future.done():
                continue  # whoever waited has given up
            if isinstance(entry.outcome, AcceptedEvent):
                entry.future.set_result(entry.outcome)
            else:
                entry.future.set_exception(
                    entry.outcome or StoreUnavailable("the store gave no answer")
                )

    # --- on the thread ---

    def _run(self) -> None:
        """Events wait for one job at most, and the other way round; after an event for many, those
        for few go first.
        """
        worked = False
        while self._fetch():
            if (
                self._jobs
                and not (worked and (self._entries or self._large))
                and not self._few_are_next()
            ):
                self._work(self._jobs.popleft())
                worked = True
            else:
                self._keep(self._next_group())
                worked = False
            self._look_at_log()
        self._disconnect()

    def _few_are_next(self) -> bool:
        return bool(self._entries) and not self._large_is_next

    def _next_group(self) -> list[AcceptEntry]:
        """What is for very many people goes alone, in turn with what is for few: nobody waits for
        more than one of them.
        """
        if self._large and (self._large_is_next or not self._entries):
            self._large_is_next = False
            return [self._large.popleft()]
        self._large_is_next = True
        return [self._entries.popleft() for _ in range(min(len(self._entries), _GROUP))]

    def _fetch(self) -> bool:
        """Take in what has come; wait where nothing is left to do. False once told to stop."""
        idle = not (self._entries or self._large or self._jobs)
        while not (idle and self._stopped):
            try:
                item = self._queue.get(block=idle, timeout=self._patience())
            except Empty:
                if not idle:
                    break
                self._look_at_log()
                continue
            idle = False
            if item is None:
                self._stopped = True
            elif isinstance(item, _WriterTask):
                self._jobs.append(item)
            elif _is_large(item[0]):
                self._large.extend(item)
            else:
                self._entries.extend(item)
        return bool(self._entries or self._large or self._jobs)

    def _patience(self) -> float | None:
        """Seconds to wait for work: while SQLite's log is long, it is looked at also where nothing
        comes.
        """
        return EVERY_SECONDS if self._log and self._log.is_long else None

    def _look_at_log(self) -> None:
        if self._log:
            self._log.look(self._connection)

    def _keep(self, entries: list[AcceptEntry]) -> None:
        try:
            woken = self._commit(entries)
        # a defect, but who waits must be answered, and the thread live on
        except Exception as error:  # noqa: BLE001
            woken = set()
            self._fail(entries, error)
        self._loop.call_soon_threadsafe(self._answer, entries, woken)

    def _commit(self, entries: list[AcceptEntry]) -> set[str]:
        """Set the outcome of each. Returns the connectors that have work now."""
        woken: set[str] = set()
        error = self._store(entries, woken)
        if error is not None and (is_disconnect(error) or is_beaten(error)):
            error = self._store(entries, woken, again=True)
        others_may_work = error is not None and (
            isinstance(error, StoreDamaged) or not is_unavailable(error)
        )
        if others_may_work and len(entries) > 1:
            for entry in entries:
                self._commit_alone(entry, woken)
        elif error is not None:
            self._fail(entries, error)
        return woken

    def _commit_alone(self, entry: AcceptEntry, woken: set[str]) -> None:
        error = self._store([entry], woken, again=True)
        if error is not None:
            self._fail([entry], error)

    def _store(
        self, entries: Sequence[AcceptEntry], woken: set[str], *, again: bool = False
    ) -> Exception | None:
        try:
            for entry in entries:
                entry.outcome = None
            with open_transaction(self._connected(), self._sender) as current:
                self._acceptor.accept(current, entries, again=again)
        # whatever it is, the events must get an answer and the thread live on
        except Exception as error:  # noqa: BLE001
            if is_unavailable(error):
                self.failing = True
                self._start_anew()
            return error
        woken |= current.woken
        if self._files:
            self._files.connected()  # the first commit has made the log
        self.failing = False
        return None

    def _fail(self, entries: Sequence[AcceptEntry], error: Exception) -> None:
        passing = is_unavailable(error) or is_beaten(error)
        failure: InboxError = (
            as_unavailable(error)
            if passing
            else Unstorable(f"the event cannot be stored: {driver_reason(error)}")
        )
        for entry in entries:
            entry.outcome = failure

    def _work(self, job: _WriterTask) -> None:
        if not job.future.set_running_or_notify_cancel():
            return
        try:
            job.future.set_result(run_with_retry(partial(self._on_connection, job.work)))
        except Exception as error:  # noqa: BLE001 - it goes to whoever awaits the job
            job.future.set_exception(error)

    def _on_connection(self, work: Callable[[Connection], T]) -> T:
        try:
            return work(self._connected())
        except Exception as error:
            if is_unavailable(error):
                self._start_anew()
            raise

    def _publish(self, woken: set[str]) -> None:
        if woken:
            self._loop.call_soon_threadsafe(self._published, woken)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        elif self._files:
            self._files.connected()
        self._check_files()
        return self._connection

    def _check_files(self) -> None:
        if self._files is None:
            return
        try:
            self._files.check()
        except StoreUnavailable:
            if not self._saved:
                self._saved = True
                self._save()
            raise
        self._saved = False

    def _save(self) -> None:
        """Where only the write-ahead log is gone, all of it can still be brought into the database,
        and be there after a restart.
        """
        if self._connection is not None:
            driver: Any = self._connection.connection.driver_connection
            with suppress(sqlite3.Error):
                driver.execute("PRAGMA wal_checkpoint(FULL)").fetchall()

    def _start_anew(self) -> None:
        """A fresh connection is the surest way back to a known state."""
        if self._files is None or self._files.forget_log():
            self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.invalidate()
            connection.close()


def _is_large(entry: AcceptEntry) -> bool:
    return len(entry.lanes) + len(entry.people) > _MANY
