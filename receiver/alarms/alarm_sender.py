"""Posts alarms, no more often than their receiver takes them."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from random import SystemRandom

import structlog

from receiver.alarms.alarm import Alarm, State
from receiver.alarms.message import alarm_message
from receiver.alarms.webhook_client import NotPosted, WebhookClient
from receiver.delivery.limits.backoff import Backoff
from receiver.telemetry import GatewayMetrics

BACKOFF = Backoff(timedelta(seconds=5), timedelta(minutes=10), least=timedelta(seconds=2))


class AlarmSender:
    """A receiver that fails is left alone for a while. Failures are logged and counted."""

    def __init__(
        self,
        poster: WebhookClient,
        metrics: GatewayMetrics,
        gateway: str | None,
        backoff: Backoff = BACKOFF,
        *,
        console: str | None = None,
    ) -> None:
        self._poster = poster
        self._metrics = metrics
        self._gateway = gateway
        self._console = console
        self._backoff = backoff
        self._random = SystemRandom()
        self._failures = 0  # in a row
        self._wait_until = 0.0
        # failures by key: one message that is never taken must not hold up the others
        self.refused: Counter[str] = Counter()

    async def post(self, alarm: Alarm, state: State) -> bool:
        """Post an alarm, and say whether it was taken."""
        if time.monotonic() < self._wait_until:
            return False
        log = structlog.get_logger().bind(alarm=alarm.key, state=state)
        try:
            await self._poster.post(alarm_message(alarm, state, self._gateway, self._console))
        except NotPosted as error:
            log.warning(
                "alarm.not_posted", reason=str(error), seconds=round(self._fail(alarm.key), 1)
            )
            return False
        self._failures, self._wait_until = 0, 0.0
        del self.refused[alarm.key]
        self._metrics.count_alarm("posted")
        log.info("alarm.posted")
        return True

    def _fail(self, key: str) -> float:
        """Returns the seconds for which the receiver is left alone."""
        seconds = self._backoff.delay(self._failures, self._random).total_seconds()
        self._failures += 1
        self._wait_until = time.monotonic() + seconds
        self.refused[key] += 1
        self._metrics.count_alarm("failed")
        return seconds
