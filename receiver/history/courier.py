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


class Stopped(Exception):
    """The gateway takes no more lines; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said of a line. With `faults`, (place, message) each, it was not taken."""

    duplicate: bool = False
    deliveries: int = 0
    faults: tuple[tuple[str, str], ...] = ()


class Courier:
    """`post` hands in one line. `waiting` counts the deliveries that wait, of whatever origin; None where nobody delivers now."""

    def __init__(
        self,
        post: Callable[[Judged], Awaitable[Answer]],
        waiting: Callable[[], Awaitable[int]] | None,
        told: Callable[[int], None] = lambda _waiting: None,
    ) -> None:
        self._post = post
        self._waiting = waiting
        self._told = told  # how many are before it, while it lets them go first
        self._free = asyncio.Semaphore(AT_ONCE)
        self._patience = LONGEST_STILL
        self._before = MOST_WAITING + 1  # at most so many wait as far as is known: look before the first line

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
        self._before += sum(answer.deliveries for _, answer in answered)
        return answered

    async def _in_order(self, chain: Sequence[Judged]) -> list[tuple[Judged, Answer]]:
        answered = []
        for one in chain:
            async with self._free:
                answered.append((one, await self._post(one)))
        return answered

    async def _let_others_go_first(self) -> None:
        if self._waiting is None or self._before <= MOST_WAITING:
            return
        least = before = await self._waiting()
        moved = time.monotonic()
        while before > FEW_WAITING:
            if before < least:
                least, moved, self._patience = before, time.monotonic(), LONGEST_STILL
            elif time.monotonic() - moved > self._patience:
                self._patience = 0.0  # until something moves; what comes live goes before the import all the same
                break
            self._told(before)
            await asyncio.sleep(GLANCE)
            before = await self._waiting()
        self._before = min(before, FEW_WAITING)
        self._told(0)
