"""Takes the ready lanes of one connector and starts their delivery, for as long as this process
leads it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connectors.base import ConnectorError
from receiver.delivery.batch import LaneBatch
from receiver.delivery.delivery_context import DeliveryContext
from receiver.delivery.leadership import LeadershipLost
from receiver.delivery.limits.call_timeout import PATIENCE, CallTimeout
from receiver.delivery.renderer import LaneRenderer
from receiver.delivery.scheduler import LaneChoice, LaneScheduler
from receiver.inbox import LaneQueue, LeaderTerm, StoreDamaged, StoreUnavailable

IDLE = timedelta(seconds=5)
# lanes for so many calls are taken at once: what only some of them write, deals say, fills its
# calls too
CALLS = 4
GLANCE = timedelta(seconds=0.05)  # how often a batch that fills is looked at
CORRECT = 30.0  # seconds between looks whether lanes wait for a clock that was ahead
SILENCE = 20.0  # seconds without an answer to a call that operators should know of


class Dispatcher:
    """Delivers for one connector, for as long as this process leads it.

    `run` until `stop`; several processes run one each on a shared store, and one of them leads.
    """

    def __init__(self, context: DeliveryContext, *, idle: timedelta = IDLE) -> None:
        self.name = context.name
        self._context = context
        self._limits = context.connector.limits
        self._inbox = context.inbox
        self._idle = idle  # look again at the latest after this, even if no wake-up came
        self._scheduler = LaneScheduler(
            self._limits.records, self._limits.records, self._limits.linger, context.clock
        )
        self._batches: set[asyncio.Task[None]] = set()
        self._in_bulk = 0  # of the batches
        self._term: LeaderTerm | None = None  # that this works in
        self._first_call_at = 0.0
        self._corrected_at = 0.0
        self._note = ""
        self._store_failed = False  # a batch could not be settled
        self._next_due: datetime | None = None
        self._stopping = asyncio.Event()
        self._out_of_loop = asyncio.Event()
        self._out_of_loop.set()
        self._log = context.log

    async def run(self) -> None:
        """Deliver until stopped. A store that fails is tried again; nothing else ends it."""
        self._out_of_loop.clear()
        self._context.leadership.start()
        leading = asyncio.create_task(
            self._context.leadership.run(), name=f"leadership {self.name}"
        )
        try:
            while not self._stopping.is_set():
                await self._turn_safely()
        finally:
            self._context.leadership.stop()
            await asyncio.gather(leading, return_exceptions=True)
            self._out_of_loop.set()

    def render_with(self, renderer: LaneRenderer) -> None:
        """Render what is taken from now on by another mapping.

        Batches under way end with the one that they began with.
        """
        self._context = replace(self._context, renderer=renderer)

    def take_no_more(self) -> None:
        """Let batches under way go on, and start none."""
        self._stopping.set()

    async def stop(self, grace: timedelta) -> None:
        """Take no more, let batches under way end within `grace`, then cut them short; and let
        another process lead.
        """
        self.take_no_more()
        await self._out_of_loop.wait()
        if self._batches:
            _, late = await asyncio.wait(self._batches, timeout=grace.total_seconds())
            for batch in late:
                batch.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        with contextlib.suppress(StoreUnavailable):
            await self._give_back()

    async def finish_batches(self, seconds: float) -> bool:
        """Wait until the batches that are under way now have ended.

        False where one takes longer.
        """
        batches = set(self._batches)
        return not batches or not (await asyncio.wait(batches, timeout=seconds))[1]

    async def _turn_safely(self) -> None:
        try:
            await self._turn()
        except StoreUnavailable as error:
            self._log.error("store.unavailable", reason=str(error))
            await self._wait(timedelta(seconds=1))
        # a dispatcher that dies would hold up its connector in silence
        except Exception:  # noqa: BLE001
            self._log.exception("dispatcher.failed")
            await self._wait(timedelta(seconds=1))

    async def _turn(self) -> None:
        """Start one batch, or wait until there may be one."""
        term = await self._lead()
        if term is None:
            return
        if self._store_failed:  # to write to the CRM what cannot be settled would go on for ever
            await self._wait(timedelta(seconds=1))
            await self._inbox.check_writable(self._context.now())
            self._store_failed = False
        await self._publish()
        breaker, left = self._context.breaker, self._context.breaker.seconds_left()
        if left > 0:
            await self._wait(min(timedelta(seconds=left), self._idle))
        elif len(self._batches) >= (1 if breaker.paused else self._room()):
            await self._wait(self._idle, *self._batches)
        elif not await self._take(term):
            await self._wait_for_work()

    def _room(self) -> int:
        """How many batches may be under way: one where it is not known how fast the CRM is, or
        known that it is slow.
        """
        sizes = self._context.sizes
        return 1 if sizes.slow or not sizes.measured else self._limits.concurrency

    # --- leading ---

    async def _lead(self) -> LeaderTerm | None:
        """The term in which to deliver now; None where this process does not lead, or has to wait,
        after having waited.
        """
        leadership = self._context.leadership
        term = leadership.term
        if term is not self._term or term is None:
            await self._begin(term)
        if term is None:
            changed = asyncio.create_task(self._leadership_changes())
            await self._wait(self._idle, changed)
            changed.cancel()
            return None
        if leadership.leaving:
            await (self._wait(self._idle, *self._batches) if self._batches else self._give_back())
            return None
        if (left := self._first_call_at - self._context.clock()) > 0:
            await self._wait(min(timedelta(seconds=left), self._idle))
            return None
        if self._context.clock() - self._corrected_at > CORRECT:
            await self._correct_waits()
        return term

    async def _begin(self, term: LeaderTerm | None) -> None:
        """Forget what was known in another term, and go on from what the store knows."""
        self._context.under_way.doubtful.clear()
        if term is None:
            self._term = None
            self._context.metrics.set_paused(self.name, None)
            return
        # a clock may have been set back since
        most = max(self._context.timing.timeout, self._limits.longest_call) + 10
        self._first_call_at = self._context.clock() + min(term.calls_end_in, most)
        state = await self._context.breaker.start(term.epoch)
        self._context.sizes.start(state.sizes)
        if not term.clean or state.tokens is not None:
            self._context.limiter.start(state.tokens if term.clean else None)
        await self._correct_waits()
        self._term = term  # at last: where the store failed, it is begun anew

    async def _leadership_changes(self) -> None:
        changed = self._context.leadership.changed
        await changed.wait()
        changed.clear()

    async def _give_back(self) -> None:
        if self._context.leadership.term is None:
            return
        self._context.leadership.in_doubt |= bool(self._context.under_way.doubtful)
        tokens = self._context.limiter.level()
        await self._context.breaker.keep(note="", sizes=self._context.sizes.learnt(), tokens=tokens)
        await self._context.leadership.give_back()

    async def _publish(self) -> None:
        """Let operators know what is learnt of the CRM, and where it does not answer."""
        note = self._describe()
        if note != self._note or self._context.sizes.changed:
            self._note = note
            await self._context.breaker.keep(note=note, sizes=self._context.sizes.learnt())

    def _describe(self) -> str:
        if (silent := self._context.under_way.longest_call()) > SILENCE:
            since = self._context.now() - timedelta(seconds=silent)
            return f"a call that began at {since:%H:%M:%S} UTC has had no answer yet"
        if self._context.sizes.slow:
            return "slow: calls take so long that they are made smaller, and one at a time"
        return ""

    # --- taking lanes ---

    async def _take(self, term: LeaderTerm) -> bool:
        """Start a batch of what is ready: a paused connector is probed with one lane.

        False where there is nothing to do yet.
        """
        probing, sizes = self._context.breaker.paused, self._context.sizes
        self._scheduler.records = 1 if probing else sizes.smallest()
        self._scheduler.most = 1 if probing else CALLS * sizes.smallest()
        queues = await self._inbox.list_queues(
            self.name,
            limit=self._scheduler.most,
            busy=self._context.under_way.busy(),
            now=self._context.now(),
        )
        self._next_due = min((queue.next_due for queue in queues if queue.next_due), default=None)
        if not queues and not self._context.under_way.lanes:
            self._context.leadership.in_doubt = False  # whatever was pending is through
        choice = self._choose(queues)
        if not choice.lanes:
            if choice.ready:
                await self._wait(GLANCE, *self._batches)
            return choice.ready
        if not await self._is_same_account(term):
            return True
        lanes = await self._inbox.load_lanes(choice.lanes, now=self._context.now())
        if lanes and not self._stopping.is_set() and self._context.leadership.term is term:
            self._scheduler.started(choice)
            self._context.under_way.lanes.update(lane.lane_id for lane in lanes)
            self._start(LaneBatch(self._context, lanes, term), choice)
        return True

    async def _is_same_account(self, term: LeaderTerm) -> bool:
        """Whether the CRM's account is the one that the remembered ids are of; where not, or where
        it cannot be told now, the connector is paused like after any call.
        """
        context = self._context
        patience = CallTimeout(context.limiter, context.timing.timeout + PATIENCE)
        checking = asyncio.create_task(patience.run(context.account.check(term.epoch)))
        try:
            while not (checking.done() or self._stopping.is_set()):
                await self._wait(self._idle, checking)
            if checking.done():
                checking.result()
                return True
        except LeadershipLost:
            pass
        except ConnectorError as fault:
            if (wait := await context.breaker.failed(fault, reason=str(fault))) is not None:
                await self._wait(timedelta(seconds=wait))
        finally:
            checking.cancel()
        return False

    def _choose(self, queues: Sequence[LaneQueue]) -> LaneChoice:
        room = self._room()
        choice = self._scheduler.choose(
            queues, bulk_under_way=self._in_bulk, room=room - len(self._batches)
        )
        # what comes live has to wait for it: it is a short one
        if choice.bulk and self._limits.concurrency == 1:
            return LaneChoice(choice.lanes[: self._scheduler.records], bulk=True, ready=True)
        return choice

    def _start(self, batch: LaneBatch, choice: LaneChoice) -> None:
        task = asyncio.create_task(batch.run())
        self._batches.add(task)
        self._in_bulk += choice.bulk
        task.add_done_callback(partial(self._ended, choice))

    def _ended(self, choice: LaneChoice, task: asyncio.Task[None]) -> None:
        self._batches.discard(task)
        self._in_bulk -= choice.bulk
        if task.cancelled():
            self._log.warning("batch.cut_short")
            return
        if isinstance(error := task.exception(), StoreUnavailable):
            # beside a damaged page much goes on
            self._store_failed = not isinstance(error, StoreDamaged)
            self._log.error("batch.not_settled", reason=str(error))
        elif error:
            self._log.error("batch.failed", exc_info=error)
        if not self._batches:
            self._context.leadership.rest()

    # --- waiting ---

    async def _wait_for_work(self) -> None:
        now = self._context.now()
        wait = min(self._idle, max(self._next_due - now, GLANCE)) if self._next_due else self._idle
        woken = asyncio.create_task(self._inbox.wait_for_change(self.name, wait.total_seconds()))
        try:
            await self._wait(wait, woken, *self._batches)
        finally:
            woken.cancel()

    async def _correct_waits(self) -> None:
        self._corrected_at = self._context.clock()
        # which is told; the lanes that can be read are delivered
        with contextlib.suppress(StoreDamaged):
            if corrected := await self._inbox.correct_waits(self.name, now=self._context.now()):
                self._log.warning("clock.was_ahead", lanes=corrected)

    async def _wait(self, most: timedelta, *tasks: asyncio.Task[Any]) -> None:
        """Until the first of the tasks ends, the dispatcher is stopped, or `most` has passed."""
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait(
                {stopping, *tasks},
                timeout=most.total_seconds(),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            stopping.cancel()
