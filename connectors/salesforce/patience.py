"""How often an org that can't be written to is looked at: every look costs calls of its day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from connectors.base import Misconfigured

EAGER = timedelta(hours=1)
"""For so long it is looked at whenever the gateway asks, since somebody may be at work on it."""

RARELY = timedelta(minutes=5)
"""How often from then on."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    fault: Misconfigured
    since: datetime
    seen: datetime


class Patience:
    """Remembers which objects can't be written, and since when."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._troubles: dict[str, _Trouble] = {}

    def check(self) -> None:
        """Raise the fault of old again where it is not time for another look."""
        now = self._now()
        for trouble in self._troubles.values():
            if now >= trouble.since + EAGER and now < trouble.seen + RARELY:
                raise type(trouble.fault)(str(trouble.fault))

    def failed(self, name: str, fault: Misconfigured) -> None:
        now = self._now()
        before = self._troubles.get(name)
        self._troubles[name] = _Trouble(fault, before.since if before else now, now)

    def succeeded(self, name: str) -> None:
        self._troubles.pop(name, None)
