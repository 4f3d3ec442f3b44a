"""What the batches of one connector work with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import structlog
from structlog.typing import FilteringBoundLogger

from connectors.base import Connector, Ref
from receiver.delivery.leadership import Leadership
from receiver.delivery.limits.account_guard import AccountGuard
from receiver.delivery.limits.batch_sizes import BatchSizes
from receiver.delivery.limits.circuit_breaker import CircuitBreaker
from receiver.delivery.limits.rate_limiter import RateLimiter
from receiver.delivery.limits.record_locks import RecordLocks
from receiver.delivery.loop_share import LoopShare
from receiver.delivery.renderer import LaneRenderer
from receiver.inbox import Inbox
from receiver.telemetry import GatewayMetrics


@dataclass(frozen=True, slots=True)
class DeliveryTiming:
    """For how long a lane may keep failing before it is given up, and how many seconds one call of
    the CRM may take.
    """

    give_up: timedelta = timedelta(hours=72)
    timeout: float = 30.0


# seconds that a lane which cannot be settled is left alone
FIRST_PUT_OFF, LONGEST_PUT_OFF = 5.0, 3600.0


@dataclass(slots=True)
class UnderWay:
    """What a leader knows that the store does not: lanes in batches, lanes of calls without an
    answer, records these may be writing.
    """

    lanes: set[int] = field(default_factory=set)
    doubtful: set[int] = field(default_factory=set)
    # batch → when its call began that has no answer yet
    calls_since: dict[int, float] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    _in_flight: dict[Ref, float] = field(default_factory=dict)
    # lane → until when, and how often so far
    _put_off: dict[int, tuple[float, int]] = field(default_factory=dict)

    def note_in_flight(self, refs: Iterable[Ref], seconds: float) -> None:
        """A call that was given up may be writing these for so long."""
        self._in_flight |= dict.fromkeys(refs, self.clock() + seconds)

    def in_flight(self) -> Mapping[Ref, float]:
        """Which records must not be written now: record → for how many seconds yet."""
        now = self.clock()
        self._in_flight = {ref: until for ref, until in self._in_flight.items() if until > now}
        return {ref: until - now for ref, until in self._in_flight.items()}

    def busy(self) -> frozenset[int]:
        """Lanes that are not to be taken now."""
        now = self.clock()
        return frozenset(
            {*self.lanes, *(lane for lane, (until, _) in self._put_off.items() if until > now)}
        )

    def put_off(self, lanes: Iterable[int]) -> float:
        """Leave lanes that could not be settled alone for a while, longer each time.

        Returns for how many seconds.
        """
        longest = 0.0
        for lane in lanes:
            times = self._put_off.get(lane, (0.0, 0))[1]
            seconds = min(FIRST_PUT_OFF * 2**times, LONGEST_PUT_OFF)
            self._put_off[lane] = self.clock() + seconds, times + 1
            longest = max(longest, seconds)
        return longest

    def forget_troubles(self, lane: int) -> None:
        """Forget that a lane could not be settled: now it could."""
        self._put_off.pop(lane, None)

    def longest_call(self) -> float:
        """For how many seconds the oldest call has been without an answer."""
        return self.clock() - min(self.calls_since.values()) if self.calls_since else 0.0


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """One connector's. `limiter` is the one that the connector was opened with."""

    name: str
    connector: Connector
    inbox: Inbox
    renderer: LaneRenderer
    metrics: GatewayMetrics
    breaker: CircuitBreaker
    account: AccountGuard
    leadership: Leadership
    limiter: RateLimiter
    sizes: BatchSizes
    timing: DeliveryTiming
    now: Callable[[], datetime]
    random: Random
    dry_run: bool = False  # all but the write
    locks: RecordLocks = field(default_factory=RecordLocks)
    share: LoopShare = field(default_factory=LoopShare)
    under_way: UnderWay = field(default_factory=UnderWay)
    clock: Callable[[], float] = time.monotonic

    @property
    def log(self) -> FilteringBoundLogger:
        log: FilteringBoundLogger = structlog.get_logger().bind(connector=self.name)
        return log
