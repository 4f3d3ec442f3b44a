"""Runs store functions on a few threads, each with a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine

from receiver.inbox.db.errors import StoreUnavailable
from receiver.inbox.db.transaction import Transaction, open_transaction
from receiver.inbox.db.transaction_retry import run_with_retry

T = TypeVar("T")


class ThreadPool:
    """Create it on the event loop that uses it.

    `published` is called there with the connectors that a commit woke.
    """

    def __init__(
        self,
        engine: Engine,
        threads: int,
        *,
        sender: str,
        published: Callable[[Iterable[str]], None],
    ) -> None:
        self._engine = engine
        self._sender = sender
        self._published = published
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="inbox")
        self._closing = False

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Run a store function in a transaction of its own."""

        def within(connection: Connection) -> T:
            with open_transaction(connection, self._sender) as current:
                result = work(current)
            if current.woken:
                self._loop.call_soon_threadsafe(self._published, current.woken)
            return result

        return await self.run_bare(within)

    async def run_bare(self, work: Callable[[Connection], T]) -> T:
        """Run it on a connection; the work begins its own transactions."""
        if self._closing:
            raise StoreUnavailable("the store is closing")
        return await self._loop.run_in_executor(
            self._threads, run_with_retry, partial(self._connected, work)
        )

    async def aclose(self) -> None:
        """Let what is under way finish."""
        self._closing = True
        await asyncio.to_thread(self._threads.shutdown)

    def _connected(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            return work(connection)
