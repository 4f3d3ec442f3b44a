"""What became of the events of the last hours, hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from receiver.inbox import Inbox, OutcomeCounts

HOUR = timedelta(hours=1)
MOST = 48
_SETTLED = timedelta(minutes=1)  # after its end an hour gets no more events


@dataclass(frozen=True, slots=True)
class TrafficHour:
    begins: datetime
    outcomes: OutcomeCounts

    @property
    def ends(self) -> datetime:
        return self.begins + HOUR


class TrafficCounter:
    """An hour that is over is counted again only when something of it has changed: a page that
    looks again and again asks for little.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._known_outcomes: dict[datetime, tuple[tuple[int, ...], OutcomeCounts]] = {}

    async def hours(self, number: int, now: datetime) -> Sequence[TrafficHour]:
        """The last so many, the current one last. Raises StoreUnavailable."""
        current = now.replace(minute=0, second=0, microsecond=0)
        self._known_outcomes = {
            begin: known
            for begin, known in self._known_outcomes.items()
            if begin > current - MOST * HOUR
        }
        begins = [current - HOUR * back for back in reversed(range(number))]
        marks = await self._inbox.read_marks([(begin, begin + HOUR) for begin in begins])
        return [
            TrafficHour(begin, await self._outcomes(begin, mark, now))
            for begin, mark in zip(begins, marks, strict=True)
        ]

    async def _outcomes(
        self, begin: datetime, mark: tuple[int, ...], now: datetime
    ) -> OutcomeCounts:
        known = self._known_outcomes.get(begin)
        if known is not None and known[0] == mark:
            return known[1]
        outcomes = await self._inbox.count_outcomes((begin, begin + HOUR))
        if begin + HOUR + _SETTLED < now:
            self._known_outcomes[begin] = (mark, outcomes)
        return outcomes
