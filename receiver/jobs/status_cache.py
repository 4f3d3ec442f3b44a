"""How the store stands, for whoever wants to know it often."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from receiver.inbox import Inbox, StoreStatus


class CachedStatus:
    """Asks the store at most once in `fresh` seconds, however many ask: counting a large backlog
    takes a while.
    """

    def __init__(
        self,
        inbox: Inbox,
        connectors: Iterable[str],
        now: Callable[[], datetime],
        *,
        fresh: float = 1.0,
    ) -> None:
        self._inbox = inbox
        self._connectors = tuple(connectors)
        self._now = now
        self._fresh = fresh
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._known: StoreStatus | None = None

    async def status(self) -> StoreStatus:
        """Raises StoreUnavailable."""
        async with self._asking:
            if self._known is None or time.monotonic() - self._asked_at >= self._fresh:
                self._known = await self._inbox.read_status(self._connectors, now=self._now())
                self._asked_at = time.monotonic()
            return self._known

    def forget(self) -> None:
        """Let the next one who asks see what was just changed."""
        self._known = None
