"""One batch of lanes: rendered, written round by round, and settled as each lane is through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from connectors.base import ConnectorError, Link, Record, Ref
from receiver.delivery.batch_splitter import BatchSplitter, ConnectorDefect, NoAnswer
from receiver.delivery.delivery_context import DeliveryContext
from receiver.delivery.former_keys import (
    FormerRef,
    former_refs,
    moves_of,
    taken_refs,
    with_former,
)
from receiver.delivery.lane_outcome import LaneOutcome
from receiver.delivery.limits.call_timeout import PATIENCE, CallTimeout
from receiver.delivery.merge import LaneWrite
from receiver.delivery.records.record_result import Known, Results
from receiver.delivery.records.record_writer import write_records
from receiver.delivery.records.sent_record import plain_fields
from receiver.delivery.rendering.profile_counter import Profiles
from receiver.inbox import (
    LeaderTerm,
    ReadyLane,
    RecordStateRow,
    SettledLane,
    Settlement,
    StoreDamaged,
    StoreUnavailable,
)
from receiver.text.sent_value_redaction import cut_values

SETTLED_AT_ONCE = 100  # lanes in a transaction

Pair = tuple[LaneOutcome, LaneWrite]


class LaneBatch:
    """One batch of the lanes that a leader takes together, in its `term`."""

    def __init__(
        self, context: DeliveryContext, lanes: Sequence[ReadyLane], term: LeaderTerm
    ) -> None:
        self._context = context
        self._lanes = lanes
        self._term = term
        self._outcomes: list[LaneOutcome] = []
        self._written: list[Record] = []  # of the round at hand
        self._records: dict[Ref, RecordStateRow] = {}  # what the inbox has not been told yet
        # between all that is computed for one lane after the other
        self._give_way = context.share.give_way
        self._started = context.now()
        self.lost = False

    async def run(self) -> None:
        """Until every lane is through or has to wait.

        Cut short, what it was writing is in doubt.
        """
        try:
            await self._render()
            await self._settle()
            # not an attribute: it calls this batch back, and a cycle would keep all its lanes
            calls = self._new_calls()
            while not self.lost and (groups := await self._groups()):
                for group in groups:
                    await self._round(group, calls)
        finally:
            self._leave()
            self._log()

    def _new_calls(self) -> BatchSplitter:
        context = self._context
        return BatchSplitter(
            context.sizes,
            context.breaker,
            CallTimeout(context.limiter, context.timing.timeout + PATIENCE),
            timeout=context.timing.timeout,
            longest=context.connector.limits.longest_call,
            before=context.leadership.cover,
            describe=self._describe_fault,
            begun=self._begin,
            ended=self._end,
            given_up=self._given_up,
        )

    async def _render(self) -> None:
        render, doubt = self._context.renderer.render, self._context.under_way.doubtful
        profiles = await self._profiles()
        for lane in self._lanes:
            unsure = (
                lane.attempts > 0
                or lane.lane_id in doubt
                or lane.deliveries[0].delivery_id <= self._term.doubtful_to
            )
            outcome = LaneOutcome(
                lane,
                self._context.now(),
                doubtful=unsure,
                dry_run=self._context.dry_run,
                folds=self._context.connector.limits.folds,
            )
            rendered = []
            for delivery in lane.deliveries:
                await self._give_way()
                rendered.append(await render(delivery, lane, profiles))
            outcome.add(rendered)
            self._outcomes.append(outcome)

    async def _profiles(self) -> Profiles:
        """Where what is known of people cannot be read, their lanes are left alone for a while."""
        try:
            return await self._context.renderer.find_profiles(self._lanes)
        except StoreDamaged:
            self._context.under_way.put_off(lane.lane_id for lane in self._lanes)
            raise

    async def _groups(self) -> list[list[Pair]]:
        """What is to be written now: most lanes together, those that must show whose fault it is
        one by one, oldest first.
        """
        pending: list[Pair] = []
        for outcome in self._outcomes:
            await self._give_way()
            if write := outcome.next_write():
                pending.append((outcome, write))
        together = [one for one in pending if not one[0].alone]
        alone = sorted((one for one in pending if one[0].alone), key=lambda one: one[1].event_id)
        return [*([together] if together else []), *([one] for one in alone)]

    async def _round(self, group: Sequence[Pair], calls: BatchSplitter) -> None:
        """Write, and keep what came of it before anybody else may write the same records."""
        writes = [write for _, write in group]
        self._written = [record for one in writes for record in one.records]
        refs = {record.ref for record in self._written}
        lanes = [(outcome.lane, write) for outcome, write in group]
        former, taken = former_refs(lanes), taken_refs(lanes)
        refs.update(one.ref for others in former.values() for one in others)
        refs.update(one.moved for one in taken)
        async with self._context.locks.hold(refs):
            states = await self._known(refs)
            for its, move in moves_of(states, taken, former):
                former[its.moved] = (FormerRef(its.ref, its.lane_id),)
                writes.append(move)
            known = with_former(states, former)
            results = await write_records(
                self._context.connector,
                writes,
                known,
                calls,
                now=self._context.now(),
                in_flight=self._context.under_way.in_flight(),
                dry_run=self._context.dry_run,
                share=self._context.share,
            )
            self._remember(results, known)
            for outcome, one in group:
                await self._give_way()
                outcome.conclude(one, results)
            await self._settle()

    async def _known(self, refs: set[Ref]) -> Known:
        linked = {ref for record in self._written for ref in record.links}
        return await self._context.inbox.find_record_states(self._context.name, refs | linked)

    def _remember(self, results: Results, known: Known) -> None:
        if self._context.dry_run:
            return  # the CRM holds nothing of it
        for ref, result in results.items():
            if row := result.remote(known.get(ref)):
                self._records[ref] = row
        self._context.metrics.count_superseded(
            self._context.name, sum(bool(one.left_out) for one in results.values())
        )

    async def _settle(self) -> None:
        """Settle the lanes that are through; of the others remember what was written, for whoever
        shares a record with them.
        """
        done = [one for one in self._outcomes if one.finished and not one.is_settled]
        tried = [one for one in done if not one.untouched]
        records, self._records = list(self._records.values()), {}
        failed: set[int] = set()
        for lanes, theirs in _slices(tried, records):
            failed |= await self._settle_slice(lanes, theirs)
        done = [one for one in done if one.lane.lane_id not in failed]
        if not self.lost:
            self._count(done)
            for one in done:
                one.is_settled = True
                self._context.under_way.forget_troubles(one.lane.lane_id)

    async def _settle_slice(
        self, outcomes: Sequence[LaneOutcome], records: Sequence[RecordStateRow]
    ) -> set[int]:
        now, timing = self._context.now(), self._context.timing
        settled = []
        for outcome in outcomes:
            await self._give_way()
            settled.append(outcome.settled(now, timing.give_up, self._context.random))
        return await self._settle_together(settled, records)

    async def _settle_together(
        self, lanes: Sequence[SettledLane], records: Sequence[RecordStateRow]
    ) -> set[int]:
        """One transaction; where a lane of it cannot be settled, each has its own, so that it is
        alone in its trouble.

        Returns the lanes that could not be: they are put off in memory, since their CRM would be
        written without end.
        """
        going_on = [one for one in self._outcomes if not one.finished and one.touched]
        settlement = Settlement(
            self._context.name,
            self._context.leadership.role,
            self._term.epoch,
            lanes,
            records,
            unfinished=[
                SettledLane(one.lane, touched=tuple(sorted(one.touched))) for one in going_on
            ],
            dry_run=self._context.dry_run,
        )
        try:
            report = await self._context.inbox.settle_lanes(settlement, now=self._context.now())
        except Exception as error:  # the reason is logged; it must not be every lane's
            if isinstance(error, StoreUnavailable) and not isinstance(error, StoreDamaged):
                raise
            return await self._settle_one_by_one(lanes, records, error)
        if report.lost:
            self._lose(lanes)
        return set()

    async def _settle_one_by_one(
        self, lanes: Sequence[SettledLane], records: Sequence[RecordStateRow], error: Exception
    ) -> set[int]:
        if len(lanes) + len(records) <= 1:
            ids = {one.lane.lane_id for one in lanes}
            seconds = self._context.under_way.put_off(ids)
            facts = {"lanes": sorted(ids), "records": len(records), "again_in": seconds}
            self._context.log.error("lane.not_settled", **facts, exc_info=error)
            return ids
        failed: set[int] = set()
        for record in records:
            await self._settle_together((), [record])
        for lane in lanes:
            failed |= await self._settle_together([lane], ())
        return failed

    def _lose(self, lanes: Sequence[SettledLane]) -> None:
        """Another leads: it delivers again whatever this batch may have written over."""
        self.lost = True
        self._context.leadership.lose(self._term)
        self._context.metrics.leadership_lost(self._context.name, len(lanes))
        self._context.log.warning(
            "batch.lost", lanes=len(lanes), written=sum(bool(one.touched) for one in self._outcomes)
        )

    def _leave(self) -> None:
        """The lanes are free again; those of which nobody knows what was written are remembered as
        such.
        """
        under_way = self._context.under_way
        for outcome in self._outcomes:
            if outcome.is_settled and not isinstance(outcome.setback, NoAnswer):
                under_way.doubtful.discard(outcome.lane.lane_id)
            elif outcome.touched or not outcome.finished:
                under_way.doubtful.add(outcome.lane.lane_id)
        under_way.lanes.difference_update(lane.lane_id for lane in self._lanes)

    # --- what the calls tell ---

    def _begin(self, _items: Sequence[Record | Link]) -> None:
        self._context.under_way.calls_since[id(self)] = self._context.clock()

    def _end(self) -> None:
        self._context.under_way.calls_since.pop(id(self), None)

    async def _given_up(self, items: Sequence[Record | Link]) -> None:
        """The CRM may be writing these still: nobody sends them again before it must be through."""
        longest = self._context.connector.limits.longest_call
        self._context.under_way.note_in_flight(
            (one.ref if isinstance(one, Record) else one.source for one in items), longest
        )
        await self._context.leadership.hold(longest)

    def _describe_fault(self, fault: ConnectorError) -> str:
        """What may be said of a fault in the open: a CRM quotes in its words what it was sent, and
        a foreign exception anything.
        """
        if isinstance(fault, ConnectorDefect):
            self._context.metrics.count_defect(self._context.name)
            reason = (
                f"a defect of the connector ({type(fault.__cause__).__name__}); the "
                "gateway's log says where"
                if fault.__cause__
                else ""
            )
            reason = reason or cut_values(str(fault), self._sent())
            self._context.log.error("connector.defect", reason=reason, exc_info=fault.__cause__)
            return reason
        return cut_values(str(fault), self._sent())

    def _sent(self) -> Iterator[dict[str, Any]]:
        return ({"key": record.key, "fields": plain_fields(record)} for record in self._written)

    # --- what people see ---

    def _count(self, done: Iterable[LaneOutcome]) -> None:
        metrics, name, now = self._context.metrics, self._context.name, self._context.now()
        delivered = [one for outcome in done for one in outcome.delivered]
        dry_run = self._context.dry_run
        metrics.count_deliveries(
            name,
            delivered=0 if dry_run else len(delivered),
            dry_run=len(delivered) if dry_run else 0,
            dead=sum(len(outcome.dead) for outcome in done),
        )
        for outcome in done:
            metrics.count_attempt(name, outcome.outcome, (now - outcome.started).total_seconds())
            for delivery_id, _words in outcome.dead:
                code, field = outcome.causes[delivery_id]
                self._context.log.warning(
                    "delivery.dead",
                    delivery=delivery_id,
                    person=outcome.lane.person_key,
                    code=code,
                    field=field,
                )

    def _log(self) -> None:
        settled = [one for one in self._outcomes if one.is_settled]
        self._context.log.info(
            "batch.done",
            lanes=len(self._lanes),
            delivered=sum(len(one.delivered) for one in settled),
            dead=sum(len(one.dead) for one in settled),
            retried=sum(one.setback is not None for one in settled),
            unfinished=len(self._lanes) - len(settled),
            **({"dry_run": True} if self._context.dry_run else {}),
            ms=_milliseconds(self._context.now() - self._started),
        )


def _slices(
    outcomes: Sequence[LaneOutcome], records: Sequence[RecordStateRow]
) -> Iterator[tuple[Sequence[LaneOutcome], Sequence[RecordStateRow]]]:
    """Some lanes to a transaction, since new events wait for it.

    A record goes with the lane that wrote it last, or before.
    """
    if not outcomes and records:
        yield (), records
    left = {record.lane_id: list[RecordStateRow]() for record in records}
    for record in records:
        left[record.lane_id].append(record)
    own = {outcome.lane.lane_id for outcome in outcomes}
    others = [record for record in records if record.lane_id not in own]
    for start in range(0, len(outcomes), SETTLED_AT_ONCE):
        some = outcomes[start : start + SETTLED_AT_ONCE]
        theirs = [record for outcome in some for record in left.get(outcome.lane.lane_id, ())]
        yield some, [*others, *theirs] if start == 0 else theirs


def _milliseconds(length: timedelta) -> int:
    return round(length / timedelta(milliseconds=1))
