"""The rate limit that a connector awaits before every call: a bucket in the store, shared by all processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from connectors.base import RateLimit
from receiver.inbox import Inbox


class StoreGate:
    """Implements `connectors.base.CallGate`. Without a limit, configured or learned, every call is allowed at once."""

    def __init__(self, inbox: Inbox, connector: str, configured: RateLimit | None, now: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._connector = connector
        self._configured = configured
        self._now = now
        self.limit = configured
        self.calls = 0

    async def take(self, calls: int = 1) -> None:
        self.calls += calls
        while self.limit is not None:
            wait = await self._inbox.take(self._connector, calls, limit=self.limit, now=self._now())
            if wait <= 0:
                return
            await asyncio.sleep(wait)

    async def learn(self, limit: RateLimit, remaining: int | None = None) -> None:  # noqa: ARG002 - remaining: part of the protocol
        self.limit = min((known for known in (self._configured, limit) if known), key=lambda known: known.calls / known.seconds)
