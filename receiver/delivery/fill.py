"""How large the next batch is. Under load it waits a moment for full calls; what comes when nothing else does goes at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Fill:
    """One of the two queues of a connector: what comes live, or what waits in bulk."""

    bulk: bool
    clock: Callable[[], float]  # seconds, from any beginning
    _until: float = 0.0  # until then a batch that is not full waits
    _waited: bool = False

    def start(self, linger: float) -> None:
        """A batch has gone out: the next one may fill for so many seconds."""
        self._until, self._waited = self.clock() + linger, False

    def size(self, ready: int, limit: int, records: int) -> int:
        """How many of the ready lanes to take now, at most `limit`; after a wait only whole calls of `records`, if there are any."""
        if ready == 0 or ready >= limit:
            return ready and limit
        if self.clock() < self._until:
            self._waited = True
            return 0
        return (ready - ready % records or limit) if self._waited else limit
