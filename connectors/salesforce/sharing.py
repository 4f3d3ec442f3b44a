"""One asks, the others wait for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Who asks for what is being asked for already waits for that, and shares its outcome, good or bad.

    An answer that nobody waits for any more is still awaited: the next one may want it.
    """

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[T]] = {}

    async def get(self, what: str, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if what not in self._under_way:
            task = self._under_way[what] = asyncio.create_task(ask())
            task.add_done_callback(lambda done: self._end(what, done))
        return await asyncio.shield(self._under_way[what])

    async def aclose(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _end(self, what: str, task: asyncio.Task[T]) -> None:
        del self._under_way[what]
        if not task.cancelled():
            task.exception()  # seen, even where everybody who waited has gone
