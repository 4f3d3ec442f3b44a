"""Claims the ready lanes of one connector and starts their delivery, as many at once as the connector and its health allow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors.base import Limits
from receiver.delivery.batch import Delivery
from receiver.inbox import ConnectorState, Inbox, StoreUnavailable

IDLE = timedelta(seconds=5)
CALLS = 4  # lanes for so many calls are claimed at once: what only some of them write, deals say, fills its calls too
GLANCE = timedelta(seconds=0.05)  # how often a batch that fills is looked at


class Dispatcher:
    """One connector's deliveries. `run` until `stop`; several processes may run one each on a shared store."""

    def __init__(
        self,
        name: str,
        limits: Limits,
        inbox: Inbox,
        delivery: Delivery,
        *,
        lease: timedelta,
        now: Callable[[], datetime],
        idle: timedelta = IDLE,
    ) -> None:
        self.name = name
        self._limits = limits
        self._inbox = inbox
        self._delivery = delivery
        self._lease = lease
        self._now = now
        self._idle = idle  # look again at the latest after this, even if no wake-up came
        self._batches: set[asyncio.Task[None]] = set()
        self._filled_at = now()  # until then a batch that is not full waits
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger().bind(connector=name)

    async def run(self) -> None:
        """Deliver until stopped. A store that fails is tried again; nothing else ends it."""
        while not self._stopping.is_set():
            try:
                await self._turn()
            except StoreUnavailable as error:
                self._log.error("store.unavailable", reason=str(error))
                await self._wait(timedelta(seconds=1))
            except Exception:  # noqa: BLE001 - a dispatcher that dies would hold up its connector in silence
                self._log.exception("dispatcher.failed")
                await self._wait(timedelta(seconds=1))

    async def stop(self, grace: timedelta) -> None:
        """Claim no more, let batches under way end within `grace`, then cut them short."""
        self._stopping.set()
        if not self._batches:
            return
        _, late = await asyncio.wait(self._batches, timeout=grace.total_seconds())
        for batch in late:
            batch.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _turn(self) -> None:
        """Start one batch, or wait until there may be one."""
        state = await self._inbox.state(self.name)
        if state.until and self._now() < state.until:
            await self._wait(min(state.until - self._now(), self._idle))
        elif len(self._batches) >= (1 if state.paused else self._limits.concurrency):
            await self._wait(self._idle, *self._batches)
        else:
            await self._claim(state)

    async def _claim(self, state: ConnectorState) -> None:
        """A paused connector is probed with one lane; otherwise take what some calls hold."""
        probe = state.paused is not None
        limit = 1 if probe else CALLS * self._limits.records
        full = await self._fill(limit)
        claims = await self._inbox.claim(self.name, limit=full, lease=self._lease, now=self._now())
        if claims:
            self._start(asyncio.create_task(self._delivery.deliver(claims, probe=probe)))
        else:
            await self._wait_for_work()

    async def _fill(self, limit: int) -> int:
        """How many lanes to claim. Under load wait a moment for full calls, and leave behind what would fill only part of one."""
        ready = 0
        while (left := self._filled_at - self._now()) > timedelta(0) and not self._stopping.is_set():
            ready = await self._inbox.ready_lanes(self.name, limit=limit, now=self._now())
            if ready >= limit:
                return limit
            await self._wait(min(GLANCE, left))
        return ready - ready % self._limits.records or limit

    async def _wait_for_work(self) -> None:
        now = self._now()
        due = await self._inbox.next_due(self.name, now)
        wait = min(self._idle, max(due - now, timedelta(milliseconds=1))) if due else self._idle
        woken = asyncio.create_task(self._inbox.changed(self.name, wait.total_seconds()))
        try:
            await self._wait(wait, woken)
        finally:
            woken.cancel()

    async def _wait(self, most: timedelta, *tasks: asyncio.Task[Any]) -> None:
        """Until the first of the tasks ends, the dispatcher is stopped, or `most` has passed."""
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({stopping, *tasks}, timeout=most.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()

    def _start(self, batch: asyncio.Task[None]) -> None:
        self._filled_at = self._now() + timedelta(seconds=self._limits.linger)
        self._batches.add(batch)
        batch.add_done_callback(self._ended)

    def _ended(self, batch: asyncio.Task[None]) -> None:
        self._batches.discard(batch)
        if not batch.cancelled() and (error := batch.exception()):
            self._log.error("batch.failed", exc_info=error)
