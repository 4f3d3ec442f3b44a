"""Log lines on their way out: those of one moment leave in one write, which costs an eighth of a
write each.
"""

from __future__ import annotations

import asyncio
import atexit
from collections import deque
from io import TextIOBase
from typing import TextIO

LONGEST_WAIT = 0.05  # seconds
MOST_WAITING = 500  # lines


class LogLines(TextIOBase):
    """A text stream for structlog.

    On an event loop a line waits up to LONGEST_WAIT for others; elsewhere it is written at once.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()  # other threads may add while this one empties it
        self._due = False
        atexit.register(self.write_out)

    def write(self, text: str) -> int:
        self._waiting.append(text)
        return len(text)

    def flush(self) -> None:
        if self._due and len(self._waiting) < MOST_WAITING:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.write_out()
            return
        if len(self._waiting) >= MOST_WAITING:
            self.write_out()
        if not self._due:
            self._due = True
            loop.call_later(LONGEST_WAIT, self._write_due)

    def _write_due(self) -> None:
        self._due = False
        self.write_out()

    def write_out(self) -> None:
        """Write what waits. A stream that cannot be written any more must not stop the gateway."""
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            self._stream.write("".join(waiting))
            self._stream.flush()
        except (OSError, ValueError):
            return
