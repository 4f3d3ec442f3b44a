"""One batch of claimed lanes: rendered, written round by round under a lease, and settled as each lane is through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

from connectors.base import ConnectorError, Ref
from receiver.delivery.context import DeliveryContext
from receiver.delivery.guard import Guard, LeaseLost
from receiver.delivery.harmless import harmless
from receiver.delivery.lanes import LaneRun
from receiver.delivery.lease import Lease
from receiver.delivery.render import Reading
from receiver.delivery.share import Unit
from receiver.delivery.write import Defect, Written, write
from receiver.inbox import Claim, ConnectorState, Remote, Settled, StoreUnavailable
from receiver.inbox.stamps import Stamp

Pending = tuple[LaneRun, Unit]


class Batch:
    """`probed` is the pause that this batch tries to end, None where the connector runs."""

    def __init__(self, context: DeliveryContext, claims: Sequence[Claim], probed: ConnectorState | None) -> None:
        self._context = context
        self._claims = claims
        self._probed = probed
        self._lease = Lease(context.inbox, claims, context.timing.lease, context.now)
        self._guard = Guard(context.gate, self._lease.in_time)
        self._runs: list[LaneRun] = []
        self._untouched = {claim.lane_id: claim for claim in claims}  # neither settled nor handed to the connector
        self._started = context.now()

    async def run(self) -> None:
        """Cut short, it leaves what it was writing under the lease: the CRM may be at it still. What it had not begun is released."""
        heart = asyncio.create_task(self._lease.keep())
        try:
            await self._render()
            await self._settle(self._runs)
            while groups := list(self._groups()):
                for group in groups:
                    await self._round(group)
            await self._settle_lost()
        finally:
            heart.cancel()
            await asyncio.shield(self._release(list(self._untouched.values())))
            self._log()

    async def _render(self) -> None:
        reading: Reading = {}
        for claim in self._claims:
            run = LaneRun(claim, self._context.now())
            for delivery in claim.deliveries:
                run.add(await self._context.renderer.render(delivery, claim.person_key, reading))
                await asyncio.sleep(0)  # rendering is computing: let the intake answer in between
            self._runs.append(run)

    def _groups(self) -> Iterator[list[Pending]]:
        """What is to be written now: most lanes together, those that must show whose fault it is one by one, oldest first."""
        pending = [(run, unit) for run in self._runs if self._lease.holds(run.claim.lane_id) and (unit := run.next_unit())]
        if together := [one for one in pending if not one[0].alone]:
            yield together
        for one in sorted((one for one in pending if one[0].alone), key=lambda one: one[1].event_id):
            yield [one]

    async def _round(self, group: Sequence[Pending]) -> None:
        """Write, and keep what came of it before anybody else may write the same records."""
        units = [unit for _, unit in group]
        async with self._context.busy.hold(record.ref for unit in units for record in unit.records):
            remotes = await self._remotes(units)
            written = await write(
                self._context.connector, units, remotes, self._guard, now=self._context.now(), begun=self._beginning(group)
            )
            self._context.metrics.superseded(self._context.name, len(written.superseded))
            for run, unit in group:
                run.conclude(unit, written)
            await self._settle([run for run, _ in group])
        await self._tell_health(written)

    async def _remotes(self, units: Sequence[Unit]) -> dict[tuple[str, str], Remote]:
        refs = {ref for unit in units for record in unit.records for ref in (record.ref, *record.links)}
        return await self._context.inbox.remotes(self._context.name, [(ref.object, ref.key) for ref in sorted(refs)])

    async def _tell_health(self, written: Written) -> None:
        if written.fault:
            await self._fault(written.fault)
        elif written.answered:
            await self._context.health.succeeded(self._probed)

    async def _fault(self, fault: ConnectorError) -> None:
        if isinstance(fault, LeaseLost):
            return  # told where its lanes are settled
        if isinstance(fault, Defect):
            self._context.metrics.defect(self._context.name)
            self._context.log.error("connector.defect", reason=self._without_payload(fault), exc_info=fault.__cause__)
        await self._context.health.failed(fault, probe=self._probed is not None, told=self._without_payload(fault))

    def _without_payload(self, fault: ConnectorError) -> str:
        """What may be said of a fault in the open: a CRM quotes in its words what it was sent, and a foreign exception anything."""
        if isinstance(fault, Defect) and fault.__cause__:
            return f"a defect of the connector ({type(fault.__cause__).__name__}); the gateway's log says where"
        return harmless(str(fault), (shown for run in self._runs for shown in run.sent))

    async def _settle(self, runs: Sequence[LaneRun]) -> None:
        """Settle the lanes that are through; of the others remember what was written, for whoever shares a record with them."""
        done = [run for run in runs if run.finished]
        rest = [(run.claim, row) for run in runs if not run.finished for row in run.saved.values()]
        if done:
            self._touch(done)
            lost = await self._settle_together(
                [run.settled(self._context.now(), self._context.timing.give_up, self._context.random) for run in done]
            )
            self._lose([run for run in done if run.claim.lane_id in lost])
            self._count([run for run in done if not run.lost])
        if rest:
            self._tell_crossed(await self._context.inbox.remember(rest, now=self._context.now()))
            for run in runs:
                run.saved.clear()

    async def _settle_lost(self) -> None:
        """Lanes left in the middle, since their lease did not hold: they go on at once, and what was written of them is written again."""
        if left := [run for run in self._runs if not run.finished]:
            now = self._context.now()
            await self._settle_together([Settled(run.claim, retry_at=now, burn=False, doubtful=run.progress) for run in left])
            self._lose(left)

    def _lose(self, runs: Sequence[LaneRun]) -> None:
        for run in runs:
            run.lost = True
        if runs:
            self._context.metrics.leases_lost(self._context.name, len(runs))
            self._context.log.warning("lease.lost", lanes=len(runs), written=sum(run.progress for run in runs))

    async def _settle_together(self, settled: Sequence[Settled]) -> frozenset[int]:
        """One transaction; where a lane of it cannot be settled, each has its own, so that it is alone in its trouble.

        Returns the lanes of which the lease was lost.
        """
        try:
            report = await self._context.inbox.settle(settled, now=self._context.now())
        except StoreUnavailable:
            raise
        except Exception:  # the reason is logged; it must not be every lane's
            if len(settled) == 1:
                self._context.log.exception("lane.not_settled", lane=settled[0].claim.lane_id)
                return frozenset()
            return frozenset().union(*[await self._settle_together([one]) for one in settled])
        self._tell_crossed(report.crossed)
        return report.lost

    def _tell_crossed(self, events: frozenset[Stamp]) -> None:
        if events:
            self._context.log.info("write.crossed", events=len(events))

    def _beginning(self, group: Sequence[Pending]) -> Callable[[Ref], None]:
        """By which the lanes of a record that goes out are known to be touched."""
        wanting: dict[Ref, list[LaneRun]] = {}
        for run, unit in group:
            for record in unit.records:
                wanting.setdefault(record.ref, []).append(run)
        return lambda ref: self._touch(wanting[ref])

    def _touch(self, runs: Iterable[LaneRun]) -> None:
        for run in runs:
            self._untouched.pop(run.claim.lane_id, None)

    async def _release(self, untouched: Sequence[Claim]) -> None:
        if untouched:
            now = self._context.now()
            await self._context.inbox.settle([Settled(claim, retry_at=now, burn=False) for claim in untouched], now=now)

    def _count(self, runs: Sequence[LaneRun]) -> None:
        metrics, name, now = self._context.metrics, self._context.name, self._context.now()
        for run in runs:
            metrics.attempt(name, run.outcome, (now - run.started).total_seconds())
            metrics.deliveries(name, delivered=len(run.delivered), dead=len(run.dead))
            for one in run.delivered:
                if one.unreadable:
                    metrics.unreadable(one.delivery.source, one.event, one.unreadable)
            for delivery_id, _words in run.dead:
                code, field = run.causes[delivery_id]
                self._context.log.warning("delivery.dead", delivery=delivery_id, person=run.claim.person_key, code=code, field=field)

    def _log(self) -> None:
        kept = [run for run in self._runs if not run.lost]
        self._context.log.info(
            "batch.done",
            lanes=len(self._claims),
            delivered=sum(len(run.delivered) for run in kept),
            dead=sum(len(run.dead) for run in kept),
            retried=sum(run.setback is not None for run in kept),
            lost=len(self._runs) - len(kept),
            unfinished=sum(not run.finished for run in kept),
            ms=round((self._context.now() - self._started) / timedelta(milliseconds=1)),
        )
