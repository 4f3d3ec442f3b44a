"""Claims the ready lanes of one connector and starts their delivery, as many at once as the connector and its health allow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from receiver.delivery.backoff import LONGEST_WAIT
from receiver.delivery.batch import Batch
from receiver.delivery.context import DeliveryContext
from receiver.delivery.fill import Fill
from receiver.inbox import LONGEST_PAUSE, ConnectorState, Settled, StoreUnavailable

IDLE = timedelta(seconds=5)
CALLS = 4  # lanes for so many calls are claimed at once: what only some of them write, deals say, fills its calls too
GLANCE = timedelta(seconds=0.05)  # how often a batch that fills, or a lane that another process holds, is looked at


class Dispatcher:
    """One connector's deliveries. `run` until `stop`; several processes may run one each on a shared store."""

    def __init__(self, context: DeliveryContext, *, idle: timedelta = IDLE, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = context.name
        self._context = context
        self._limits = context.connector.limits
        self._inbox = context.inbox
        self._now = context.now
        self._idle = idle  # look again at the latest after this, even if no wake-up came
        self._batches: set[asyncio.Task[None]] = set()
        self._in_bulk = 0  # of the batches
        self._turn_of_bulk = False
        self._live, self._bulk = Fill(bulk=False, clock=clock), Fill(bulk=True, clock=clock)
        self._stopping = asyncio.Event()
        self._out_of_loop = asyncio.Event()
        self._out_of_loop.set()
        self._log = context.log

    async def run(self) -> None:
        """Deliver until stopped. A store that fails is tried again; nothing else ends it."""
        self._out_of_loop.clear()
        try:
            while not self._stopping.is_set():
                await self._turn_safely()
        finally:
            self._out_of_loop.set()

    def claim_no_more(self) -> None:
        """Let batches under way go on, and start none."""
        self._stopping.set()

    async def stop(self, grace: timedelta) -> None:
        """Claim no more, let batches under way end within `grace`, then cut them short."""
        self.claim_no_more()
        await self._out_of_loop.wait()
        if not self._batches:
            return
        _, late = await asyncio.wait(self._batches, timeout=grace.total_seconds())
        for batch in late:
            batch.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _turn_safely(self) -> None:
        try:
            await self._turn()
        except StoreUnavailable as error:
            self._log.error("store.unavailable", reason=str(error))
            await self._wait(timedelta(seconds=1))
        except Exception:  # noqa: BLE001 - a dispatcher that dies would hold up its connector in silence
            self._log.exception("dispatcher.failed")
            await self._wait(timedelta(seconds=1))

    async def _turn(self) -> None:
        """Start one batch, or wait until there may be one."""
        state = await self._inbox.state(self.name)
        left = state.until - self._now() if state.until else timedelta(0)
        if timedelta(0) < left <= LONGEST_PAUSE:  # a longer one is of a clock that was ahead
            await self._wait(min(left, self._idle))
        elif len(self._batches) >= (1 if state.paused else self._limits.concurrency):
            await self._wait(self._idle, *self._batches)
        elif not await self._claim(state):
            await self._wait_for_work()

    async def _claim(self, state: ConnectorState) -> bool:
        """Start a batch of what is ready: a paused connector is probed with one lane. False where there is nothing to do yet."""
        limit = 1 if state.paused else CALLS * self._limits.records
        ready = await self._inbox.ready_lanes(self.name, limit=limit, now=self._now())
        queues = [(self._live, ready.live, limit), (self._bulk, ready.bulk, self._bulk_limit(limit))]
        if self._turn_of_bulk and not self._in_bulk:  # however much comes live, a replay goes on
            queues.reverse()
        for fill, lanes, most in queues:
            size = min(lanes, most) if state.paused else fill.size(lanes, most, self._limits.records)
            if size and not self._stopping.is_set() and not (fill.bulk and self._bulk_is_at_work()):
                return await self._take(size, fill, state if state.paused else None)
        if not (ready.live or ready.bulk):
            return False
        await self._wait(GLANCE, *self._batches)
        return True

    async def _take(self, size: int, fill: Fill, probed: ConnectorState | None) -> bool:
        claims = await self._inbox.claim(self.name, limit=size, lease=self._context.timing.lease, now=self._now(), bulk=fill.bulk)
        if self._stopping.is_set():
            await self._inbox.settle([Settled(claim, retry_at=self._now(), burn=False) for claim in claims], now=self._now())
        elif claims:
            self._turn_of_bulk = not fill.bulk
            fill.start(self._limits.linger)
            self._start(asyncio.create_task(Batch(self._context, claims, probed).run()), fill)
        return bool(claims)

    def _bulk_limit(self, limit: int) -> int:
        """Where there is one batch at a time, what comes live has to wait for it: it is a short one."""
        return limit if self._limits.concurrency > 1 else min(limit, self._limits.records)

    def _bulk_is_at_work(self) -> bool:
        """What waits in bulk leaves one batch for what comes live, where there can be several."""
        return self._in_bulk >= max(1, self._limits.concurrency - 1)

    async def _wait_for_work(self) -> None:
        now = self._now()
        lease = self._context.timing.lease
        if recalled := await self._inbox.recall(self.name, longest_wait=LONGEST_WAIT * 2, longest_lease=lease * 10, now=now):
            self._log.warning("clock.was_ahead", lanes=recalled)
        due = await self._inbox.next_due(self.name, now)
        wait = min(self._idle, max(due - now, GLANCE)) if due else self._idle
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

    def _start(self, batch: asyncio.Task[None], fill: Fill) -> None:
        self._batches.add(batch)
        self._in_bulk += fill.bulk
        batch.add_done_callback(partial(self._ended, fill))

    def _ended(self, fill: Fill, batch: asyncio.Task[None]) -> None:
        self._batches.discard(batch)
        self._in_bulk -= fill.bulk
        if batch.cancelled():
            self._log.warning("batch.cut_short")
        elif error := batch.exception():
            self._log.error("batch.failed", exc_info=error)
