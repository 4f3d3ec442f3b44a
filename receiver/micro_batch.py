"""Takes what comes one by one and hands it on in groups: work on many at once costs less for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 64
LONGEST_WAIT = 0.002  # seconds


class MicroBatch(Generic[T]):
    """As long as each turn of the event loop brings more, they are worth waiting for; what comes alone does not wait."""

    def __init__(self, work: Callable[[list[T]], None], *, most: int = MOST, longest_wait: float = LONGEST_WAIT) -> None:
        self._work = work
        self._most = most
        self._longest_wait = longest_wait
        self._waiting: list[T] = []
        self._seen = 0
        self._until = 0.0

    def add(self, item: T) -> None:
        """Call it on the event loop, where `work` will be called."""
        self._waiting.append(item)
        if len(self._waiting) == 1:
            loop = asyncio.get_running_loop()
            self._seen, self._until = 1, loop.time() + self._longest_wait
            loop.call_soon(self._turn, loop)

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        count = len(self._waiting)
        if self._seen < count < self._most and loop.time() < self._until:
            self._seen = count
            loop.call_soon(self._turn, loop)
        else:
            self.flush()

    def flush(self) -> None:
        """Hand on what waits now."""
        if self._waiting:
            group, self._waiting = self._waiting, []
            self._work(group)
