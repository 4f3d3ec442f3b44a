"""The org's API calls of a day, of which a share is left to others.

Salesforce tells the count with every answer.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.base import Throttled

if TYPE_CHECKING:
    from datetime import datetime

HEADER = "Sforce-Limit-Info"
# also per-app-api-usage, where the org limits an app
_COUNTS = re.compile(r"api-usage=(\d+)/(\d+)")

LOOK_AGAIN = timedelta(minutes=15)
"""The count is of the last 24 hours, so it falls bit by bit; only a call tells how far."""


class DailyAllowance:
    """Knows the latest count. Safe to use from several threads."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._count: tuple[int, int, datetime] | None = None

    def note(self, header: str | None, now: datetime) -> None:
        """Take in the header of an answer."""
        counts = [(int(used), int(top)) for used, top in _COUNTS.findall(header or "")]
        if counts:
            used, top = max(counts, key=lambda count: count[0] / max(count[1], 1))
            self._count = (used, top, now)

    def check(self, now: datetime) -> None:
        """Raise Throttled if the share is used up.

        Once in a while one call is let through, to look again.
        """
        if self._count is None:
            return
        used, top, since = self._count
        if used < top * self._share:
            return
        if now >= since + LOOK_AGAIN:
            self._count = (used, top, now)
            return
        text = (
            f"{used} of the org's {top} API calls of 24 hours are used, and daily_share leaves "
            f"{1 - self._share:.0%} to others"
        )
        raise Throttled(text, (since + LOOK_AGAIN - now).total_seconds(), daily=True)
