"""What the batches of one connector work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import structlog
from structlog.typing import FilteringBoundLogger

from connectors.base import Connector
from receiver.delivery.busy import Busy
from receiver.delivery.gate import StoreGate
from receiver.delivery.health import Health
from receiver.delivery.render import Renderer
from receiver.inbox import Inbox
from receiver.telemetry import Metrics


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a lease holds, and for how long a lane may keep failing before it is given up."""

    lease: timedelta = timedelta(seconds=120)
    give_up: timedelta = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """One connector's. `gate` is the one that the connector was opened with; without it a call has `guard.PATIENCE` in all."""

    name: str
    connector: Connector
    inbox: Inbox
    renderer: Renderer
    metrics: Metrics
    health: Health
    timing: Timing
    now: Callable[[], datetime]
    random: Random
    gate: StoreGate | None = None
    busy: Busy = field(default_factory=Busy)

    @property
    def log(self) -> FilteringBoundLogger:
        log: FilteringBoundLogger = structlog.get_logger().bind(connector=self.name)
        return log
