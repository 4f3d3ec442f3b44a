"""How many events a source has sent, hour by hour and day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import pairwise

from receiver.inbox import Inbox

HOURS = 24
DAYS = 14
HOUR = timedelta(hours=1)
_SETTLED = timedelta(minutes=1)  # after its end a period gets no more events
_MOST_KNOWN = 10_000  # periods


@dataclass(frozen=True, slots=True)
class CountedPeriod:
    begins: datetime
    ends: datetime
    events: int


class SourceCounter:
    """A period that is over is counted once."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._final_counts: dict[tuple[str, datetime, datetime], int] = {}

    async def hours(self, source: str, now: datetime) -> Sequence[CountedPeriod]:
        """The last 24, the current one last. Raises StoreUnavailable."""
        current = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        begins = [current - HOUR * back for back in reversed(range(HOURS))]
        return await self._counted(source, [(at, at + HOUR) for at in begins], now)

    async def days(self, source: str, zone: tzinfo, now: datetime) -> Sequence[CountedPeriod]:
        """The last 14 of the source's own calendar, today last. Raises StoreUnavailable."""
        today = now.astimezone(zone).date()
        midnights = [
            datetime.combine(today - timedelta(days=back), time(), zone).astimezone(UTC)
            for back in range(DAYS - 1, -2, -1)
        ]
        return await self._counted(source, list(pairwise(midnights)), now)

    async def _counted(
        self, source: str, periods: Sequence[tuple[datetime, datetime]], now: datetime
    ) -> Sequence[CountedPeriod]:
        unknown = [one for one in periods if (source, *one) not in self._final_counts]
        counts = await self._inbox.count_source_events(source, unknown)
        found = dict(zip(unknown, counts, strict=True))
        if len(self._final_counts) > _MOST_KNOWN:
            self._final_counts.clear()
        self._final_counts |= {
            (source, *one): number for one, number in found.items() if one[1] + _SETTLED < now
        }
        return [
            CountedPeriod(*one, found[one] if one in found else self._final_counts[source, *one])
            for one in periods
        ]
