"""When to try again: exponential back-off with full jitter, so that what failed together does not
return together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random


@dataclass(frozen=True, slots=True)
class Backoff:
    """A delay drawn evenly from [0, first · 2^attempts], the upper end capped at `most`; never
    under `least`.
    """

    first: timedelta
    most: timedelta
    least: timedelta = timedelta(seconds=0.5)

    def delay(self, attempts: int, random: Random) -> timedelta:
        """`attempts` have failed before this one (0 for the first failure)."""
        ceiling = min(self.most, self.first * (1 << min(attempts, 32)))
        return max(self.least, ceiling * random.random())


LANE = Backoff(timedelta(seconds=5), timedelta(hours=1))
BETWEEN_CALLS = Backoff(timedelta(seconds=0.4), timedelta(seconds=3), least=timedelta(seconds=0.1))
CONNECTOR = Backoff(timedelta(seconds=5), timedelta(seconds=60), least=timedelta(seconds=2))


LONGEST_WAIT = timedelta(days=2)


def bounded_wait(seconds: float | None) -> timedelta:
    """How long a CRM asks to wait, within reason: no answer of a CRM may stop a lane for years, or
    break arithmetic.
    """
    if seconds is None or not seconds > 0:
        return timedelta(0)
    return timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()))
