"""Ends calls of a connector's code that hang."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

from connectors.base import TimedOut
from receiver.delivery.limits.rate_limiter import RateLimiter

T = TypeVar("T")

PATIENCE = 60.0  # seconds without a sign of life, beyond what one call of the CRM may take
LONGEST = 1800.0  # seconds that a connector may take in all, however lively


class CallTimeout:
    """A connector's code lives as long as it makes calls of its CRM, or waits for the rate
    limit.
    """

    def __init__(self, limiter: RateLimiter | None = None, patience: float = PATIENCE) -> None:
        self._limiter = limiter
        self._patience = patience

    async def run(self, coroutine: Awaitable[T]) -> T:
        """Await a call and give its result. Raises TimedOut where it hangs."""
        task = asyncio.ensure_future(coroutine)
        started = time.monotonic()
        try:
            while not (await asyncio.wait({task}, timeout=self._patience))[0]:
                if time.monotonic() - started > LONGEST or not self._is_alive():
                    raise TimedOut(
                        f"the connector gave no sign of life for {self._patience:g} s; its "
                        "call was given up"
                    )
            return task.result()
        finally:
            task.cancel()

    def _is_alive(self) -> bool:
        limiter = self._limiter
        return limiter is not None and (
            limiter.waiting > 0 or time.monotonic() - limiter.moved < self._patience
        )
