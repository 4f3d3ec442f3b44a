"""How many events came, hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from receiver.inbox import Inbox

HOUR = timedelta(hours=1)
MOST = 48
_SETTLED = timedelta(minutes=1)  # after its end an hour gets no more events


@dataclass(frozen=True, slots=True)
class TrafficHour:
    begins: datetime
    events: int


class TrafficCounter:
    """Hours that are over are counted once: a page that looks again and again asks for the current
    one alone.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._over: dict[datetime, int] = {}

    async def hours(self, number: int, now: datetime) -> Sequence[TrafficHour]:
        """The last so many, the current one last. Raises StoreUnavailable."""
        current = now.replace(minute=0, second=0, microsecond=0)
        self._over = {
            begin: events for begin, events in self._over.items() if begin > current - MOST * HOUR
        }
        return [
            TrafficHour(begin, await self._events(begin, now))
            for begin in (current - HOUR * back for back in reversed(range(number)))
        ]

    async def _events(self, begin: datetime, now: datetime) -> int:
        known = self._over.get(begin)
        if known is not None:
            return known
        (events,) = await self._inbox.count_per_period((begin, begin + HOUR))
        if begin + HOUR + _SETTLED < now:
            self._over[begin] = events
        return events
