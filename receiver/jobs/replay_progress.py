"""The replays that this process is at, so that whoever waits for one can see how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class RunningReplay:
    """Counted in lanes, and events that get deliveries for routes that came after them; `lanes` is
    0 until the number is known.
    """

    started_at: datetime
    done: int = 0
    lanes: int = 0

    def progress(self, done: int, lanes: int) -> None:
        self.done, self.lanes = done, lanes


class ReplayProgress:
    """The replays that are under way, oldest first."""

    def __init__(self) -> None:
        self._running: list[RunningReplay] = []

    def running(self) -> tuple[RunningReplay, ...]:
        return tuple(self._running)

    @contextmanager
    def run(self, started_at: datetime) -> Iterator[RunningReplay]:
        """Show one more replay until the block ends."""
        one = RunningReplay(started_at)
        self._running.append(one)
        try:
            yield one
        finally:
            self._running.remove(one)
