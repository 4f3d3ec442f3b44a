"""HubSpot's two limits: calls in a rolling window, and calls in a day."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tests.fakes.hubspot.refusals import too_many

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.hubspot.options import Options


class Limits:
    def __init__(self, options: Options, clock: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._window: deque[float] = deque()
        self.today = 0

    def take(self) -> None:
        """Count a call, or raise a refusal; refused calls do not count."""
        now = self._clock()
        while self._window and self._window[0] <= now - self._options.interval:
            self._window.popleft()
        if self.today >= self._options.daily:
            raise too_many("DAILY", self._after(3600))
        if len(self._window) >= self._options.burst:
            raise too_many("TEN_SECONDLY_ROLLING", self._after(1))
        self._window.append(now)
        self.today += 1

    def headers(self) -> dict[str, str]:
        if not self._options.rate_headers:
            return {}
        return {
            "X-HubSpot-RateLimit-Max": str(self._options.burst),
            "X-HubSpot-RateLimit-Remaining": str(max(0, self._options.burst - len(self._window))),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(self._options.interval * 1000)),
            "X-HubSpot-RateLimit-Daily": str(self._options.daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, self._options.daily - self.today)),
        }

    def _after(self, seconds: int) -> dict[str, str]:
        return {"Retry-After": str(seconds)} if self._options.retry_after else {}
