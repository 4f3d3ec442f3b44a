"""Leaves the event loop to others: delivery computes much, and whoever posts an event waits for an
answer.
"""

from __future__ import annotations

import asyncio
import time

SLICE = 0.002  # seconds of computing, after which others have their turn
LONGEST = 0.02  # seconds for which the others are left alone, at most


class LoopShare:
    """One for all that computes. Await `give_way` between small pieces of work."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    async def give_way(self) -> None:
        """Once a slice is used up, let others run; and where they had much to do, leave them as
        much time again.
        """
        now = time.monotonic()
        if now - self._since < SLICE:
            return
        await asyncio.sleep(0)
        others = time.monotonic() - now
        if others > SLICE / 2:
            await asyncio.sleep(min(others, LONGEST))
        self._since = time.monotonic()
