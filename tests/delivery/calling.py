"""What makes the calls of a test's batch, without a store: no leadership, and a breaker that waits
for nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from connectors.base import Connector, ConnectorError
from receiver.delivery.batch_splitter import BatchSplitter
from receiver.delivery.limits.batch_sizes import BatchSizes
from receiver.delivery.limits.call_timeout import CallTimeout


@dataclass(slots=True)
class Calling:
    """`opens_after` so many failures in a row the connector counts as paused."""

    opens_after: int = 5
    failures: int = 0
    faults: list[ConnectorError] = field(default_factory=list)
    given_up: list[Any] = field(default_factory=list)
    sizes: BatchSizes | None = None

    def calls(self, connector: Connector) -> BatchSplitter:
        sizes = self.sizes = self.sizes or BatchSizes(
            connector.limits.records, structlog.get_logger()
        )
        return BatchSplitter(
            sizes,
            self,
            CallTimeout(),
            timeout=30,
            longest=60,
            before=self._before,
            describe=str,
            begun=lambda _items: None,
            ended=lambda: None,
            given_up=self._give_up,
        )

    async def succeeded(self) -> None:
        self.failures = 0

    async def failed(self, fault: ConnectorError, *, reason: str) -> float | None:
        assert reason == str(fault)
        self.faults.append(fault)
        self.failures += 1
        return (
            0.0 if self.failures < self.opens_after and type(fault).__name__ in _PASSING else None
        )

    async def _before(self) -> None: ...

    async def _give_up(self, items: Sequence[Any]) -> None:
        self.given_up += items


_PASSING = {"Unavailable", "TimedOut", "Defect"}
