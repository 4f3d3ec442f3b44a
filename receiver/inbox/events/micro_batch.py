"""Takes what comes one by one and hands it on in groups: work on many at once costs less for
each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

LONGEST_WAIT = 0.01  # seconds
PAUSE = 0.002  # seconds without any that came back: the others will not


class MicroBatch(Generic[T]):
    """One group at a time is worked on; `done` says that it was.

    What comes alone is handed on at once.

    Who was in a group often comes back when it is done: the next one waits for as many as were in
    the last, as long as they keep coming. So those that send without a pause share one group and do
    not split into two that take turns.
    """

    def __init__(self, work: Callable[[list[T]], None], *, most: int, pause: float = PAUSE) -> None:
        self._work = work
        self._most = most
        self._pause = pause
        self._waiting: list[T] = []
        self._under_way = 0  # items
        self._expected = 0  # that may come before `_until`
        self._until = 0.0
        self._seen = 0
        self._next: asyncio.Handle | None = None  # when the next group is handed on
        self._at_once = False  # `_next` is in the loop's next turn

    def add(self, item: T) -> None:
        """Call it on the event loop, where `work` will be called."""
        self._waiting.append(item)
        if len(self._waiting) >= self._most:
            self.flush()
        elif not self._under_way:
            self._schedule()

    def done(self, number: int) -> None:
        """Tell that so many items were worked on."""
        self._under_way -= number
        self._expected = len(self._waiting) + number
        self._until = asyncio.get_running_loop().time() + LONGEST_WAIT
        if self._waiting and not self._under_way:
            self._schedule()

    def flush(self) -> None:
        """Hand on what waits now."""
        if self._next:
            self._next.cancel()
            self._next, self._at_once = None, False
        if self._waiting:
            group, self._waiting = self._waiting, []
            self._under_way += len(group)
            self._work(group)

    def _schedule(self) -> None:
        """In the loop's next turn where all are there that were expected: what comes in this turn
        is to be in the same group.
        """
        if self._at_once:
            return
        loop = asyncio.get_running_loop()
        if len(self._waiting) >= self._expected or loop.time() >= self._until:
            if self._next:
                self._next.cancel()
            self._next, self._at_once = loop.call_soon(self.flush), True
        elif self._next is None:
            self._look_again(loop)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._seen = len(self._waiting)
        self._next = loop.call_later(self._pause, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._seen < len(self._waiting) and loop.time() < self._until:
            self._look_again(loop)
        else:
            self.flush()
