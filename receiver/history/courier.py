"""Hands lines in, a few at once, each person's in order, and behind what comes live."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from receiver.history.judge import Judged

AT_ONCE = 8
MOST_WAITING = 1000  # deliveries: with more than these before them, events that come live would be late
FEW_WAITING = 500
GLANCE = 0.25  # seconds
LONGEST_STILL = 30.0  # seconds in which none of them is delivered: a connector is paused, or they are in back-off
_UNSURE = 2.0  # seconds: an age is as old as the answer that tells it


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many deliveries wait, of whatever origin, and for how many seconds the oldest of them has."""

    deliveries: int
    oldest: float = 0.0


class Stopped(Exception):
    """The gateway takes no more lines; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said of a line. With `faults`, (place, message) each, it was not taken."""

    duplicate: bool = False
    deliveries: int = 0
    faults: tuple[tuple[str, str], ...] = ()


class Stillness:
    """How long no delivery has come off the backlog, as far as looks at it tell: fewer wait than before, or the oldest is another."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = clock()
        self._waiting = 0
        self._first = float("-inf")  # when the oldest came

    def seconds(self, waits: Backlog) -> float:
        """Until this look."""
        now = self._clock()
        first = now - waits.oldest
        if waits.deliveries < self._waiting or abs(first - self._first) > _UNSURE:
            self._since, self._first = now, first
        self._waiting = waits.deliveries
        return now - self._since

    def add(self, deliveries: int) -> None:
        """They were put on it since."""
        self._waiting += deliveries


class Courier:
    """`post` hands in one line. `waiting` tells what waits to be delivered; None where nobody delivers now."""

    def __init__(
        self,
        post: Callable[[Judged], Awaitable[Answer]],
        waiting: Callable[[], Awaitable[Backlog]] | None,
        told: Callable[[int], None] = lambda _waiting: None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._post = post
        self._waiting = waiting
        self._told = told  # how many are before it, while it lets them go first
        self._free = asyncio.Semaphore(AT_ONCE)
        self._still = Stillness(clock)
        self._room = 0  # deliveries that may be added before it looks again

    async def send(self, batch: Sequence[Judged]) -> list[tuple[Judged, Answer]]:
        """Hand in some lines; lines about the same people one after the other. Raises Stopped."""
        await self._let_others_go_first()
        chains: dict[tuple[str, ...], list[Judged]] = {}
        for one in batch:
            chains.setdefault(one.people, []).append(one)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._in_order(chain)) for chain in chains.values()]
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        answered = [pair for task in tasks for pair in task.result()]
        added = sum(answer.deliveries for _, answer in answered)
        self._room -= added
        self._still.add(added)
        return answered

    async def _in_order(self, chain: Sequence[Judged]) -> list[tuple[Judged, Answer]]:
        answered = []
        for one in chain:
            async with self._free:
                answered.append((one, await self._post(one)))
        return answered

    async def _let_others_go_first(self) -> None:
        if self._waiting is None or self._room > 0:
            return
        waits = await self._waiting()
        while waits.deliveries > FEW_WAITING and self._still.seconds(waits) <= LONGEST_STILL:
            self._told(waits.deliveries)
            await asyncio.sleep(GLANCE)
            waits = await self._waiting()
        self._room = max(MOST_WAITING - waits.deliveries, FEW_WAITING)  # where all is still: what comes live goes before it all the same
        self._told(0)
