"""Leaves the event loop to others: delivery computes much, and whoever posts an event waits for an
answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

SLICE = 0.002  # seconds of computing, after which others have their turn
LONGEST = 0.01  # seconds of what computes in one piece; the rest was spent waiting
LEAST = 1 / 4  # of the time is delivery's, however much comes in
PAUSE = 0.001  # seconds between looks whether others still need the time


class LoopShare:
    """One for all that computes for deliveries. Await `give_way` between small pieces of work.

    `intake_waits` tells whether events wait for their commit, whose thread needs the time.
    """

    def __init__(
        self,
        intake_waits: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._intake_waits = intake_waits
        self._clock = clock
        self._since = clock()
        self._turn = asyncio.Lock()

    async def give_way(self) -> None:
        """Once a slice is used up, let others run; as long as they have much to do, leave them the
        time, up to their share. All batches have one slice together, and rest together.
        """
        if self._clock() - self._since < SLICE:
            return
        async with self._turn:
            began = self._clock()
            took = began - self._since
            if took < SLICE:
                return
            latest = began + min(took, LONGEST) * (1 / LEAST - 1)
            needed = await self._others_compute(0)
            while (needed or self._intake_waits()) and self._clock() < latest:
                needed = await self._others_compute(PAUSE)
            self._since = self._clock()

    async def _others_compute(self, seconds: float) -> bool:
        """Sleep so long; whether others held the loop for much longer."""
        began = self._clock()
        await asyncio.sleep(seconds)
        return self._clock() - began - seconds > SLICE / 2
