"""Look-ups that are remembered for a while."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

from connectors.base import Throttled, Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

FRESH = timedelta(minutes=5)

T = TypeVar("T")


class Remembered(Generic[T]):
    """Answers by key, asked for again when they are no longer fresh; where that fails for now, the old one serves on."""

    def __init__(self, load: Callable[[str], Awaitable[T]], now: Callable[[], datetime]) -> None:
        self._load = load
        self._now = now
        self._kept: dict[str, tuple[datetime, T]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def get(self, key: str) -> T:
        async with self._locks.setdefault(key, asyncio.Lock()):
            kept = self._kept.get(key)
            if kept and self._now() - kept[0] < FRESH:
                return kept[1]
            try:
                value = await self._load(key)
            except (Unavailable, Throttled):
                if kept:
                    return kept[1]
                raise
            self._kept[key] = (self._now(), value)
            return value

    def forget(self, key: str) -> None:
        self._kept.pop(key, None)
