"""Whether the store itself fails, is damaged, or has a log that grows."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from receiver.alarms.alarm import Alarm, Cause
from receiver.alarms.person_redaction import PersonRedaction
from receiver.inbox import Inbox, StoreDamaged, StoreUnavailable
from receiver.telemetry import GatewayMetrics

FAILURES = 2  # looks in a row at which the store does not answer, before it is an alarm


class StoreWatch:
    """How the store is, as this process sees it."""

    def __init__(self, inbox: Inbox, metrics: GatewayMetrics, redaction: PersonRedaction) -> None:
        self._inbox = inbox
        self._metrics = metrics
        self._redaction = redaction
        self._failures = 0  # looks in a row
        self._turned_away = metrics.turned_away_by_store
        self._since: dict[Cause, datetime] = {}
        self._reason = ""
        self._alarming = False

    async def look(self, now: datetime) -> list[Alarm]:
        """All that is wrong with the store itself."""
        fails = await self._failing(now)
        damaged = self._alarm("store_damaged", self._inbox.damage, now)
        log = self._alarm("store_log", self._inbox.long_log, now)
        return [alarm for alarm in (fails, damaged, log) if alarm]

    def _alarm(
        self, cause: Cause, reason: str | None, now: datetime, count: int | None = None
    ) -> Alarm | None:
        if reason is None:
            self._since.pop(cause, None)
            return None
        return Alarm(cause, cause, self._since.setdefault(cause, now), reason=reason, count=count)

    async def _failing(self, now: datetime) -> Alarm | None:
        """An alarm once calls were turned away, or the store did not answer at some looks in a row;
        until it is well again.
        """
        before, self._turned_away = self._turned_away, self._metrics.turned_away_by_store
        turned_away = self._turned_away - before
        await self._ask(now)
        if not self._failures and not turned_away:
            self._alarming = False
            return self._alarm("store_failing", None, now)
        self._since.setdefault("store_failing", now)
        self._alarming |= self._failures >= FAILURES or turned_away > 0
        return (
            self._alarm("store_failing", self._reason, now, turned_away or None)
            if self._alarming
            else None
        )

    async def _ask(self, now: datetime) -> None:
        try:
            with suppress(StoreDamaged):  # has an alarm of its own
                await self._inbox.check_writable(now)
        except StoreUnavailable as error:
            self._failures += 1
            self._reason = self._redaction.redact_reason(str(error))
        else:
            self._failures, self._reason = 0, "an event could not be kept"
