"""The one thread on which large bodies are read, beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")

MOST_WAITING: Final = 64 * 1024 * 1024  # bytes


class ValidationThread:
    """Work on large bodies, one after the other: several threads would fight for Python's lock, and
    the event loop with them.

    `large` is held from the validation of an event to its commit: while one for many is written, no
    other is validated.
    """

    def __init__(self) -> None:
        self.large = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "validation")
        self._waiting = 0  # bytes

    @property
    def is_full(self) -> bool:
        """More waits than can be read soon."""
        return self._waiting > MOST_WAITING

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run a function there."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    @contextmanager
    def counted(self, size: int) -> Iterator[None]:
        """Count so many bytes as waiting, to the end of their work."""
        self._waiting += size
        try:
            yield
        finally:
            self._waiting -= size
