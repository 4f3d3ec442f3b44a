"""Records that are being written, so that none is in two calls at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from connectors.base import Ref


class RecordLocks:
    """A batch that wants a record which another one is writing waits for it, so that none is in two
    calls at once.
    """

    def __init__(self) -> None:
        self._refs: set[Ref] = set()
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def hold(self, refs: Iterable[Ref]) -> AsyncIterator[None]:
        """All at once or none: nobody waits while holding."""
        wanted = set(refs)
        async with self._freed:
            await self._freed.wait_for(lambda: self._refs.isdisjoint(wanted))
            self._refs |= wanted
        try:
            yield
        finally:
            self._refs -= wanted
            async with self._freed:
                self._freed.notify_all()
