"""A cache of look-ups in a CRM: each answer serves for a time, and at most one call asks for a key
at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class TtlCache(Generic[T]):
    """Values by key, loaded when they are first asked for, and again when they are older than
    `ttl`.

    Who asks for what is being loaded already waits for that, and shares its outcome, good or bad;
    an error is not kept. Where loading again fails with one of `outages`, the old value serves on.
    A load that nobody waits for any more goes on, since the next one may want it: close the cache
    to await it.
    """

    def __init__(
        self,
        load: Callable[[str], Awaitable[T]],
        now: Callable[[], datetime],
        ttl: timedelta,
        outages: tuple[type[Exception], ...] = (),
    ) -> None:
        self._load = load
        self._now = now
        self._ttl = ttl
        self._outages = outages
        self._values: dict[str, tuple[datetime, T]] = {}
        self._loads: dict[str, asyncio.Task[T]] = {}
        self._outdated: set[asyncio.Task[T]] = set()  # loads that a `forget` has overtaken

    async def get(self, key: str, ttl: timedelta | None = None) -> T:
        """Give the value, no older than `ttl`, which is the cache's own unless it is given."""
        known = self._values.get(key)
        if known and self._now() - known[0] < (self._ttl if ttl is None else ttl):
            return known[1]
        try:
            return await asyncio.shield(self._loads.get(key) or self._start(key))
        except self._outages:
            if known and self._values.get(key) is known:
                return known[1]
            raise

    def put(self, key: str, value: T) -> None:
        """Keep a value that has been learnt otherwise; what is being loaded now may be older."""
        self.forget(key)
        self._values[key] = (self._now(), value)

    def forget(self, key: str, value: T | None = None) -> None:
        """Load it again next time, or only if `value` is the one that is kept.

        What is being loaded now may be as old as what is forgotten, so it is not kept either.
        """
        if value is not None and (key not in self._values or self._values[key][1] is not value):
            return
        self._values.pop(key, None)
        if task := self._loads.pop(key, None):
            self._outdated.add(task)

    async def aclose(self) -> None:
        """Wait for what is being loaded."""
        await asyncio.gather(*self._loads.values(), *self._outdated, return_exceptions=True)

    def _start(self, key: str) -> asyncio.Task[T]:
        task = self._loads[key] = asyncio.create_task(self._loaded(key))
        task.add_done_callback(lambda done: self._finish(key, done))
        return task

    async def _loaded(self, key: str) -> T:
        return await self._load(key)

    def _finish(self, key: str, task: asyncio.Task[T]) -> None:
        is_current = self._loads.get(key) is task
        if is_current:
            del self._loads[key]
        self._outdated.discard(task)
        if task.cancelled() or task.exception():  # seen, even where all who waited have gone
            return
        if is_current:
            self._values[key] = (self._now(), task.result())
