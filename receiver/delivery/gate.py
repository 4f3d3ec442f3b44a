"""The rate limit that a connector awaits before every call: a bucket in the store, shared by all processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

from connectors.base import RateLimit
from receiver.delivery.pace import Pace
from receiver.inbox import Inbox


class StoreGate:
    """Implements `connectors.base.CallGate`. Without a limit, configured or learned, every call is allowed at once."""

    def __init__(self, inbox: Inbox, connector: str, configured: RateLimit | None, now: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._connector = connector
        self._configured = configured
        self._now = now
        self.limit = configured
        self.calls = 0  # let through so far, by this process
        self.pace = Pace()
        self.waiting = 0  # calls that wait for their turn
        self.moved = time.monotonic()  # when one was let through last

    async def take(self, calls: int = 1) -> None:
        self.waiting += 1
        try:
            while self.limit is not None:
                wait = await self._inbox.take(self._connector, calls, limit=self.limit, now=self._now())
                if wait <= 0:
                    break
                await asyncio.sleep(wait)
        finally:
            self.waiting -= 1
        self.calls += calls
        self.pace.count(calls)
        self.moved = time.monotonic()

    async def learn(self, limit: RateLimit, remaining: int | None = None) -> None:  # noqa: ARG002 - the bucket counts for itself
        self.limit = min((known for known in (self._configured, limit) if known), key=lambda known: known.calls / known.seconds)
