"""Wake-ups: who waits for work of a connector is told as soon as some is committed, by this process
or another.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine

from receiver.inbox.db.transaction import CHANNEL

_RETRY_SECONDS = 1.0


class WakeUps:
    """Who waits in this process. Used on the event loop only."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    async def wait(self, connector: str, seconds: float) -> bool:
        """Return True as soon as the connector was woken since `forget`, or False after that
        time.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event(connector).wait()
        woken = self._event(connector).is_set()
        self.forget(connector)
        return woken

    def forget(self, connector: str) -> None:
        """What came so far is known to whoever asks the store from now on."""
        self._event(connector).clear()

    def wake(self, connectors: Iterable[str]) -> None:
        for connector in connectors:
            self._event(connector).set()

    def wake_all(self) -> None:
        self.wake(tuple(self._events))

    def _event(self, connector: str) -> asyncio.Event:
        return self._events.setdefault(connector, asyncio.Event())


class NotifyListener:
    """Hears the commits of other processes on PostgreSQL. While its connection is lost, polling has
    to do.
    """

    def __init__(self, engine: Engine, wakes: WakeUps, sender: str) -> None:
        self._arguments = _arguments(engine)
        self._wakes = wakes
        self._sender = sender
        self._tried = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="inbox-listener")

    async def started(self) -> None:
        """Return when it listens for the first time, or could not."""
        await self._tried.wait()

    async def aclose(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        import psycopg  # noqa: PLC0415 - only where the store is PostgreSQL

        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                await self._listen(psycopg)
            self._tried.set()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self, psycopg: Any) -> None:
        async with await psycopg.AsyncConnection.connect(
            **self._arguments, autocommit=True
        ) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._wakes.wake_all()  # what came while nobody listened
            self._tried.set()
            async for notice in connection.notifies():
                self._hear(notice.payload)

    def _hear(self, payload: str) -> None:
        with contextlib.suppress(ValueError, TypeError):  # anybody may say anything on a channel
            sender, *connectors = json.loads(payload)
            if sender != self._sender:
                self._wakes.wake(connectors)


def _arguments(engine: Engine) -> dict[str, Any]:
    """How the engine connects, with the same time-outs."""
    _, arguments = engine.dialect.create_connect_args(engine.url)
    return dict(arguments)
