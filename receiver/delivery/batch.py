"""One batch of claimed lanes: rendered, written round by round under a lease that is kept alive, then settled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import structlog

from connectors.base import Connector, ConnectorError, Ref
from receiver.delivery.health import Health
from receiver.delivery.lanes import LaneRun
from receiver.delivery.render import Renderer
from receiver.delivery.write import Defect, Unit, Written, write
from receiver.inbox import Claim, Inbox, Remote, Settled
from receiver.telemetry import Metrics


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a lease holds, and for how long a lane may keep failing before it is given up."""

    lease: timedelta = timedelta(seconds=120)
    give_up: timedelta = timedelta(hours=72)


class Delivery:
    """Takes claimed lanes of one connector to their outcome."""

    def __init__(
        self,
        name: str,
        connector: Connector,
        inbox: Inbox,
        render: Renderer,
        metrics: Metrics,
        health: Health,
        *,
        timing: Timing,
        now: Callable[[], datetime],
        random: Random,
    ) -> None:
        self._name = name
        self._connector = connector
        self._inbox = inbox
        self._render = render
        self._metrics = metrics
        self._health = health
        self._timing = timing
        self._now = now
        self._random = random
        self._busy = Busy()
        self._log = structlog.get_logger().bind(connector=name)

    async def deliver(self, claims: Sequence[Claim], *, probe: bool) -> None:
        """Write and settle. A batch that is cut short settles what it has; the rest is claimed anew, as doubtful."""
        heart = asyncio.create_task(self._keep_leases(claims))
        runs: list[LaneRun] = []
        try:
            await self._render_all(claims, runs)
            await self._write_all(runs, probe=probe)
        finally:
            heart.cancel()
            await asyncio.shield(self._settle(claims, runs))

    async def _render_all(self, claims: Sequence[Claim], runs: list[LaneRun]) -> None:
        for claim in claims:
            runs.append(LaneRun.start(claim, self._render, self._now()))
            await asyncio.sleep(0)  # rendering is computing: let the intake answer in between

    async def _write_all(self, runs: Sequence[LaneRun], *, probe: bool) -> None:
        """Rounds: first every lane's fold, then whatever refused folds leave to be done step by step."""
        while pending := [(run, unit) for run in runs if (unit := run.next_unit())]:
            units = [unit for _, unit in pending]
            async with self._busy.hold(record.ref for unit in units for record in unit.records):
                written = await self._write(units)
            for run, unit in pending:
                run.conclude(unit, written)
            if written.fault:
                await self._fault(written.fault, probe=probe)
            elif written.records:
                await self._health.succeeded(probe=probe)

    async def _write(self, units: Sequence[Unit]) -> Written:
        return await write(self._connector, units, await self._remotes(units))

    async def _remotes(self, units: Sequence[Unit]) -> dict[tuple[str, str], Remote]:
        refs = {ref for unit in units for record in unit.records for ref in (record.ref, *record.links)}
        return await self._inbox.remotes(self._name, [(ref.object, ref.key) for ref in sorted(refs)])

    async def _fault(self, fault: ConnectorError, *, probe: bool) -> None:
        if isinstance(fault, Defect):
            self._metrics.defect(self._name)
            self._log.error("connector.defect", reason=str(fault), exc_info=fault.__cause__)
        await self._health.failed(fault, probe=probe)

    async def _settle(self, claims: Sequence[Claim], runs: Sequence[LaneRun]) -> None:
        now = self._now()
        settled = [run.settled(now, self._timing.give_up, self._random) for run in runs]
        untouched = [Settled(claim, retry_at=now, burn=False) for claim in claims[len(runs) :]]
        report = await self._inbox.settle([*settled, *untouched], now=now)
        for run, result in zip(runs, settled, strict=True):
            self._metrics.attempt(self._name, run.outcome, (now - run.started).total_seconds())
            self._metrics.deliveries(self._name, delivered=len(result.delivered), dead=len(result.dead))
        self._log_batch(runs, report.lost, now)

    def _log_batch(self, runs: Sequence[LaneRun], lost: int, now: datetime) -> None:
        if not runs:
            return
        self._log.info(
            "batch.settled",
            lanes=len(runs),
            delivered=sum(len(run.delivered) for run in runs),
            dead=sum(len(run.dead) for run in runs),
            retried=sum(run.setback is not None for run in runs),
            lost=lost,
            ms=round((now - runs[0].started) / timedelta(milliseconds=1)),
        )
        for run in runs:
            for delivery_id, reason in run.dead:
                self._log.warning("delivery.dead", delivery=delivery_id, person=run.claim.person_key, reason=reason)

    async def _keep_leases(self, claims: Sequence[Claim]) -> None:
        while True:
            await asyncio.sleep(self._timing.lease.total_seconds() / 3)
            await self._inbox.extend(claims, lease=self._timing.lease, now=self._now())


class Busy:
    """Records that are being written; a batch that wants one of them waits for it, so none is in two calls at once."""

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
            async with self._freed:
                self._refs -= wanted
                self._freed.notify_all()
