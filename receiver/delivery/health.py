"""Whether a connector may be called: paused by its own faults, open again after one lane has gone through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import structlog

from connectors.base import AuthFailed, ConnectorError, Misconfigured, Throttled, Unavailable
from receiver.delivery.backoff import CONNECTOR, waiting
from receiver.inbox import ConnectorState, Inbox, PauseKind
from receiver.telemetry import Metrics

FAILURES_TO_OPEN = 5
PROBE = timedelta(seconds=40)  # a connector goes on within a minute of its repair
DAILY_PROBE = timedelta(minutes=15)

_KINDS: dict[type[ConnectorError], PauseKind] = {
    AuthFailed: "auth",
    Misconfigured: "misconfigured",
    Throttled: "throttled",
    ConnectorError: "unavailable",
}
ALARMS = {"auth", "misconfigured"}


class Health:
    """The circuit breaker of one connector. Its state is in the store, so that all processes and the operator see it."""

    def __init__(self, inbox: Inbox, connector: str, metrics: Metrics, now: Callable[[], datetime], random: Random) -> None:
        self._inbox = inbox
        self._connector = connector
        self._metrics = metrics
        self._now = now
        self._random = random
        self._failures = 0
        self._log = structlog.get_logger().bind(connector=connector)

    async def succeeded(self, probed: ConnectorState | None) -> None:
        """The CRM has answered. After a probe the connector is open again, unless it was paused anew meanwhile."""
        self._failures = 0
        if probed and await self._inbox.resume(self._connector, until=probed.until):
            self._log.info("connector.resumed")
            self._metrics.paused(self._connector, None)

    async def failed(self, fault: ConnectorError, *, probe: bool, told: str) -> None:
        """Pause for as long as the fault asks; an outage only after several failures in a row.

        `told` is what the log, `/readyz` and alarms may say of it.
        """
        self._failures += 1
        pause = self._pause(fault, probe=probe)
        if pause is None:
            return
        kind = next(name for known, name in _KINDS.items() if isinstance(fault, known))
        now = self._now()
        await self._inbox.pause(self._connector, kind=kind, reason=told, until=now + pause, now=now)
        log = self._log.error if kind in ALARMS else self._log.warning
        log("connector.paused", kind=kind, reason=told, seconds=round(pause.total_seconds(), 1))
        self._metrics.paused(self._connector, kind)

    def _pause(self, fault: ConnectorError, *, probe: bool) -> timedelta | None:
        backoff = CONNECTOR.delay(max(0, self._failures - FAILURES_TO_OPEN), self._random)
        match fault:
            case AuthFailed() | Misconfigured():
                return PROBE
            case Throttled(retry_after=None, daily=True):
                return DAILY_PROBE
            case Throttled(retry_after=after):
                return waiting(after) if after is not None else backoff
            case Unavailable(retry_after=float() | int() as after):
                return waiting(after)
        return backoff if probe or self._failures >= FAILURES_TO_OPEN else None
