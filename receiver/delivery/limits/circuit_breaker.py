"""Whether a connector may be called: paused by its own faults, open again after one lane has gone
through.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import structlog

from connectors.base import AuthFailed, ConnectorError, Misconfigured, Throttled, Unavailable
from receiver.delivery.limits.backoff import BETWEEN_CALLS, CONNECTOR, bounded_wait
from receiver.inbox import ConnectorState, Inbox, PauseKind
from receiver.telemetry import GatewayMetrics

FAILURES_TO_OPEN = 5
PROBE = timedelta(seconds=40)  # a connector goes on within a minute of its repair
LATE_PROBE = timedelta(minutes=5)  # where nobody has mended it for an hour
LATE = timedelta(hours=1)
LEAST = timedelta(seconds=1)  # whatever the CRM says: no pause of none
DAILY_PROBE = timedelta(minutes=15)
RELAPSE = 60.0  # seconds: contacts may go through before the deals of the same batch fail again

_KINDS: dict[type[ConnectorError], PauseKind] = {
    AuthFailed: "auth",
    Misconfigured: "misconfigured",
    Throttled: "throttled",
    ConnectorError: "unavailable",
}
ALARMS = {"auth", "misconfigured"}  # what only an operator can end stays in sight


class CircuitBreaker:
    """One connector's, in the memory of whoever leads it; the store has a copy for the next leader
    and for operators.
    """

    def __init__(
        self,
        inbox: Inbox,
        connector: str,
        metrics: GatewayMetrics,
        now: Callable[[], datetime],
        random: Random,
        *,
        clock: Callable[[], float] = time.monotonic,
        mended_at: datetime | None = None,
    ) -> None:
        """`mended_at`: the connector's settings were changed then, so what only an operator could
        end and began before is over.
        """
        self._inbox = inbox
        self._mended_at = mended_at
        self._metrics = metrics
        self._now = now
        self._random = random
        self._clock = clock
        self._name = connector
        self._state = ConnectorState(connector)
        self._ends_at = 0.0  # of the pause, by `clock`: wall clocks are set
        self._ended = self._state  # the last pause
        self._ended_at = -RELAPSE  # by `clock`
        self.failures = 0  # in a row
        self._epoch = 0
        self._log = structlog.get_logger().bind(connector=connector)

    async def start(self, epoch: int) -> ConnectorState:
        """Go on from what the store knows, as a new leader."""
        self._epoch = epoch
        self._state, self.failures = await self._inbox.find_state(self._name), 0
        if self._is_mended():
            await self._resume()
            return self._state
        self._ends_at = self._clock() + self._state.pause_left(self._now()).total_seconds()
        self._metrics.set_paused(self._name, self._state.paused)
        return self._state

    @property
    def paused(self) -> bool:
        """Whether the connector is paused, or has to show by one lane that it is well again."""
        return self._state.paused is not None

    def seconds_left(self) -> float:
        """Seconds until the connector may be tried again."""
        return max(0.0, self._ends_at - self._clock()) if self.paused else 0.0

    async def keep(self, *, note: str, sizes: dict[str, int], tokens: float | None = None) -> None:
        """Let operators and the next leader know."""
        self._state = replace(self._state, note=note, sizes=sizes, tokens=tokens)
        await self._inbox.keep_state(self._state, self._epoch)

    async def succeeded(self) -> None:
        """The CRM has answered a call. After a pause the connector is open again."""
        self.failures = 0
        if self.paused and self.seconds_left() == 0:
            await self._resume()

    def _is_mended(self) -> bool:
        state, mended = self._state, self._mended_at
        return bool(state.paused in ALARMS and mended and state.since and state.since < mended)

    async def _resume(self) -> None:
        self._ended, self._ended_at = self._state, self._clock()
        self._state = replace(
            self._state, paused=None, reason="", since=None, until=None, wait=timedelta(0)
        )
        self._metrics.set_paused(self._name, None)
        self._log.info("connector.resumed")
        await self._inbox.keep_state(self._state, self._epoch)

    async def failed(self, fault: ConnectorError, *, reason: str) -> float | None:
        """Pause for as long as the fault asks; an outage only after several failures in a row.

        `reason` is what the log, `/readyz` and alarms may say of it. Returns the seconds after
        which the batch may call again, None where the connector is paused.
        """
        self.failures += 1
        wait = self._wait(fault)
        if wait is None:
            return BETWEEN_CALLS.delay(self.failures - 1, self._random).total_seconds()
        await self._pause(fault, wait, reason)
        return None

    def _wait(self, fault: ConnectorError) -> timedelta | None:
        backoff = CONNECTOR.delay(max(0, self.failures - FAILURES_TO_OPEN), self._random)
        match fault:
            case AuthFailed() | Misconfigured():
                before = self._latest_pause()
                since = before.since if before.paused in ALARMS else None
                return LATE_PROBE if since and self._now() - since > LATE else PROBE
            case Throttled(retry_after=None, daily=True):
                return DAILY_PROBE
            case Throttled(retry_after=after):
                return max(bounded_wait(after), LEAST) if after is not None else backoff
            case Unavailable(retry_after=float() | int() as after) if after > 0:
                return max(bounded_wait(after), LEAST)
        return backoff if self.paused or self.failures >= FAILURES_TO_OPEN else None

    async def _pause(self, fault: ConnectorError, wait: timedelta, reason: str) -> None:
        kind = next(name for known, name in _KINDS.items() if isinstance(fault, known))
        now, left = self._now(), timedelta(seconds=self.seconds_left())
        stays = self._state.paused in ALARMS and kind not in ALARMS and left > timedelta(0)
        if not stays:
            before = self._latest_pause()
            since = before.since if before.paused == kind else now
            self._state = replace(self._state, paused=kind, reason=reason, since=since)
        wait = max(wait, left)  # the longer one is in force
        self._ends_at = self._clock() + wait.total_seconds()
        self._state = replace(self._state, until=now + wait, wait=wait)
        log = self._log.error if kind in ALARMS else self._log.warning
        log("connector.paused", kind=kind, reason=reason, seconds=round(wait.total_seconds(), 1))
        self._metrics.set_paused(self._name, self._state.paused)
        await self._inbox.keep_state(self._state, self._epoch)

    def _latest_pause(self) -> ConnectorState:
        """The pause in force, or one that ended so short a time ago that a fault goes on with
        it.
        """
        relapsed = not self.paused and self._clock() - self._ended_at < RELAPSE
        return self._ended if relapsed else self._state
