"""The rate limit that a connector awaits before every call, and how fast calls are made."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

from connectors.base import RateLimit

delivering: ContextVar[bool] = ContextVar("delivering", default=False)
"""Whether a call is one of a leader's batch. Operators' calls need no leadership."""

WINDOW = 10.0  # seconds over which the rate of calls is averaged
_BURST = 20  # one part in so many of the allowance may be used at once
_ROUNDING = 1e-6


class RateLimiter:
    """Implements `connectors.base.CallGate`: a token bucket in the memory of whoever leads the
    connector.

    Without a limit, configured or learned, every call is allowed at once. `before_call` is awaited
    right before each that is `delivering`.
    """

    def __init__(
        self,
        configured: RateLimit | None = None,
        *,
        calls: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`calls`: so many were let through before it."""
        self.limit = configured
        self.calls = calls  # let through so far, by this process
        self.waiting = 0  # calls that wait for their turn
        self.moved = clock()  # when one was let through last
        self.before_call: Callable[[], Awaitable[None]] | None = None
        self._configured = configured
        self._clock = clock
        self._level: float | None = None  # as of `_filled_at`; None: full
        self._filled_at = 0.0
        self._steps: deque[tuple[int, int]] = deque(maxlen=int(WINDOW) + 1)  # (second, calls)

    async def take(self, calls: int = 1) -> None:
        self.waiting += 1
        try:
            while (wait := self._drain(calls)) > 0:  # noqa: ASYNC110 - time is what it waits for
                await asyncio.sleep(wait)
            if self.before_call and delivering.get():
                await self.before_call()
        finally:
            self.waiting -= 1
        self._count(calls)

    # the bucket counts for itself
    async def learn(self, limit: RateLimit, remaining: int | None = None) -> None:  # noqa: ARG002
        known = (one for one in (self._configured, limit) if one)
        self.limit = min(known, key=lambda one: one.calls / one.seconds)

    def start(self, tokens: float | None) -> None:
        """Begin with what the bucket held when it was given back.

        None: nobody knows, so it is empty.
        """
        self._level, self._filled_at = tokens or 0.0, self._clock()

    def level(self) -> float | None:
        """What the bucket holds now, at most; None where it was never used."""
        if self.limit is None or self._level is None:
            return None
        return refill_bucket(self._level, self._clock() - self._filled_at, self.limit)

    def per_second(self) -> float:
        """Calls per second, on the average of the window."""
        since = self._clock() - WINDOW
        return sum(calls for second, calls in self._steps if second > since) / WINDOW

    def _drain(self, calls: int) -> float:
        """Take the calls and return 0.0; or the seconds after which to ask again."""
        if self.limit is None:
            return 0.0
        level = self.level()
        self._filled_at = self._clock()
        self._level, wait = drain_bucket(level, calls, self.limit)
        return wait

    def _count(self, calls: int) -> None:
        self.calls += calls
        self.moved = self._clock()
        second = int(self.moved)
        if self._steps and self._steps[-1][0] == second:
            calls += self._steps.pop()[1]
        self._steps.append((second, calls))


def drain_bucket(level: float | None, calls: int, limit: RateLimit) -> tuple[float, float]:
    """The bucket's new level (None: it was full), and the seconds to wait, 0.0 where the calls were
    taken.

    A full bucket and what flows in during `seconds` are together what is allowed, so that no period
    of that length sees more. More calls than the bucket holds are allowed when it is full; it then
    has to be filled from below zero.
    """
    size, flow = _size(limit), _flow(limit)
    now = size if level is None else min(size, level)
    missing = min(calls, size) - now
    return (now - calls, 0.0) if missing <= _ROUNDING else (now, missing / flow + _ROUNDING)


def refill_bucket(level: float, seconds: float, limit: RateLimit) -> float:
    """The level after so many seconds."""
    return min(_size(limit), level + max(0.0, seconds) * _flow(limit))


def _size(limit: RateLimit) -> int:
    return max(1, limit.calls // _BURST)


def _flow(limit: RateLimit) -> float:
    return (limit.calls - _size(limit) + 1) / limit.seconds
