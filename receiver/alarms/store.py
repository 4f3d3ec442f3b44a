"""Whether the store itself fails."""

from __future__ import annotations

from datetime import datetime

from receiver.alarms.alarm import Alarm
from receiver.alarms.privacy import Privacy
from receiver.inbox import Inbox, StoreUnavailable
from receiver.telemetry import Metrics

FAILURES = 2  # looks in a row at which the store does not answer, before it is an alarm


class StoreWatch:
    """Whether events can be kept, as this process sees it."""

    def __init__(self, inbox: Inbox, metrics: Metrics, privacy: Privacy) -> None:
        self._inbox = inbox
        self._metrics = metrics
        self._privacy = privacy
        self._failures = 0  # looks in a row
        self._turned_away = metrics.turned_away_by_store
        self._since: datetime | None = None
        self._reason = ""
        self._alarming = False

    async def look(self, now: datetime) -> Alarm | None:
        """An alarm once calls were turned away, or the store did not answer at some looks in a row; until it is well again."""
        before, self._turned_away = self._turned_away, self._metrics.turned_away_by_store
        turned_away = self._turned_away - before
        await self._ask(now)
        if not self._failures and not turned_away:
            self._since, self._alarming = None, False
            return None
        self._since = self._since or now
        self._alarming |= self._failures >= FAILURES or turned_away > 0
        if not self._alarming:
            return None
        return Alarm("store_failing", "store_failing", self._since, reason=self._reason, count=turned_away or None)

    async def _ask(self, now: datetime) -> None:
        try:
            await self._inbox.ready(now)
        except StoreUnavailable as error:
            self._failures += 1
            self._reason = self._privacy.plain(str(error))
        else:
            self._failures, self._reason = 0, "an event could not be kept"
