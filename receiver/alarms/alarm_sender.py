"""Sends alarms by one channel, no more often than its receiver takes them."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from random import SystemRandom
from uuid import uuid4

import structlog

from receiver.alarms.alarm import Alarm, State
from receiver.alarms.channel import NotPosted
from receiver.alarms.channel_factory import NamedChannel
from receiver.alarms.message import alarm_message
from receiver.delivery.limits.backoff import Backoff
from receiver.telemetry import GatewayMetrics

BACKOFF = Backoff(timedelta(seconds=5), timedelta(minutes=10), least=timedelta(seconds=2))


class AlarmSender:
    """A receiver that fails is left alone for a while. Failures are logged and counted."""

    def __init__(
        self,
        channel: NamedChannel,
        metrics: GatewayMetrics,
        gateway: str | None,
        backoff: Backoff = BACKOFF,
        *,
        console: str | None = None,
    ) -> None:
        self.channel = channel.name
        self._channel = channel
        self._metrics = metrics
        self._gateway = gateway
        self._console = console
        self._backoff = backoff
        self._random = SystemRandom()
        self._failures = 0  # in a row
        self._wait_until = 0.0
        # failures by key: one message that is never taken must not hold up the others
        self.refused: Counter[str] = Counter()
        # of messages that were not taken yet: a receiver that took one unheard knows it again
        self._ids: dict[tuple[str, State], str] = {}

    async def post(self, alarm: Alarm, state: State) -> bool:
        """Post an alarm, and say whether it was taken."""
        if time.monotonic() < self._wait_until:
            return False
        log = structlog.get_logger().bind(alarm=alarm.key, state=state, by=self._channel.place)
        id = self._ids.setdefault((alarm.key, state), f"msg_{uuid4().hex}")
        try:
            message = alarm_message(alarm, state, self._gateway, self._console)
            await self._channel.channel.post(message, id)
        except NotPosted as error:
            log.warning(
                "alarm.not_posted", reason=str(error), seconds=round(self._fail(alarm.key), 1)
            )
            return False
        self._failures, self._wait_until = 0, 0.0
        del self.refused[alarm.key], self._ids[alarm.key, state]
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
