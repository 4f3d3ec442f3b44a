"""How fast calls are made: the average of the last seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW = 10.0  # seconds


class Pace:
    """Counts calls in steps of a second, so that any number of them takes little room."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steps: deque[tuple[int, int]] = deque(maxlen=int(WINDOW) + 1)  # (second, calls)

    def count(self, calls: int) -> None:
        second = int(self._clock())
        if self._steps and self._steps[-1][0] == second:
            calls += self._steps.pop()[1]
        self._steps.append((second, calls))

    def per_second(self) -> float:
        """Calls per second, on the average of the window."""
        since = self._clock() - WINDOW
        return sum(calls for second, calls in self._steps if second > since) / WINDOW
