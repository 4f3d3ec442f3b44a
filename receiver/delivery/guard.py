"""What stands between the gateway and a connector's code: an end for calls that hang, and none for whom the lease is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from connectors.base import ConnectorError, Unavailable
from receiver.delivery.gate import StoreGate

T = TypeVar("T")

PATIENCE = 60.0  # seconds without a sign of life
LONGEST = 900.0  # seconds that a call may take in all, however lively


class LeaseLost(ConnectorError):
    """Another process may have the lanes by now: this batch must write no more."""


class Guard:
    """A call of a connector lives as long as it makes calls of its CRM, or waits for the rate limit."""

    def __init__(self, gate: StoreGate | None = None, leased: Callable[[], bool] = lambda: True, patience: float = PATIENCE) -> None:
        self._gate = gate
        self._leased = leased
        self._patience = patience

    async def call(self, coroutine: Awaitable[Sequence[T]]) -> Sequence[T]:
        """Its result. Raises Unavailable where it hangs, LeaseLost where it must not begin."""
        task = asyncio.ensure_future(coroutine)
        if not self._leased():
            task.cancel()
            raise LeaseLost("the lease on these lanes has run out; whoever has them now writes them")
        started = time.monotonic()
        try:
            while not (await asyncio.wait({task}, timeout=self._patience))[0]:
                if time.monotonic() - started > LONGEST or not self._is_alive():
                    raise Unavailable(f"the connector gave no sign of life for {self._patience:g} s; its call was given up")
            return task.result()
        finally:
            task.cancel()

    def _is_alive(self) -> bool:
        return self._gate is not None and (self._gate.waiting > 0 or time.monotonic() - self._gate.moved < self._patience)
