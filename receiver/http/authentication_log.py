"""Counts and logs calls with a wrong token of an operator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from receiver.telemetry import GatewayMetrics

EVERY = timedelta(minutes=1)


class AuthenticationLog:
    """Counts each; logs one a minute at most, so that guessing fills no disk.

    The token that was given is never noted.
    """

    def __init__(self, metrics: GatewayMetrics, now: Callable[[], datetime]) -> None:
        self._metrics = metrics
        self._now = now
        self._logged_at: datetime | None = None
        self._since = 0

    def refused(self, address: str) -> None:
        """Count one more.

        Of those that came since the last line the log has the number, and the address of the last.
        """
        self._metrics.turned_away("admin_token")
        self._since += 1
        now = self._now()
        if self._logged_at is None or now - self._logged_at >= EVERY:
            structlog.get_logger().warning("api.token_refused", address=address, calls=self._since)
            self._logged_at, self._since = now, 0
