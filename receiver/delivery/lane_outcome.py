"""What has come of one lane so far, and how the inbox keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, Literal

from connectors.base import Record, Ref, Refused, Retry, Saved, Unavailable
from receiver.delivery.batch_splitter import NoAnswer
from receiver.delivery.fold_plan import FoldPlan
from receiver.delivery.merge import LaneWrite
from receiver.delivery.records.record_result import RecordResult, Results, lane_results
from receiver.delivery.records.sent_record import describe_sent
from receiver.delivery.renderer import RenderedDelivery, UnrenderableDelivery
from receiver.delivery.retry import decide_retry, is_given_up, patience, worst_verdict
from receiver.inbox import ACCOUNT_RULE, AttemptRow, ReadyLane, SettledLane
from receiver.mapping import find_origins, fold_records

SUPERSEDED: Final = "left as a newer event had set it"
"""What is noted of fields of a record that were not written."""


@dataclass(slots=True, eq=False)
class LaneOutcome:
    """What has come of a lane under way. `plan` says what is written next."""

    lane: ReadyLane
    started: datetime
    doubtful: bool
    dry_run: bool = False
    folds: bool = True  # else each delivery is written alone, the next once it is through
    plan: FoldPlan = field(default_factory=FoldPlan)
    alone: bool = False  # to be written apart from other lanes
    is_settled: bool = False
    delivered: list[RenderedDelivery] = field(default_factory=list)
    dead: list[tuple[int, str]] = field(default_factory=list)
    # of the dead: code and field, for the log
    causes: dict[int, tuple[str, str]] = field(default_factory=dict)
    setback: Retry | NoAnswer | None = None
    progress: bool = False  # this attempt has written something
    refusal: Refused | None = None
    touched: set[Ref] = field(default_factory=set)  # records that were written, or may have been
    sent: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        """Nothing is left to do, or it has to wait."""
        return self.setback is not None or not self.plan.parts

    def add(self, rendered: list[RenderedDelivery | UnrenderableDelivery]) -> None:
        """Take in the deliveries; one that cannot be rendered is dead with its reason."""
        fit = [one for one in rendered if isinstance(one, RenderedDelivery)]
        self.plan = FoldPlan.of(fit, folds=self.folds)
        for one in rendered:
            if isinstance(one, UnrenderableDelivery):
                self._bury(one.delivery.delivery_id, one.reason, one.code, one.place)

    def next_write(self) -> LaneWrite | None:
        """What is to be written now; None when the lane is through or must wait."""
        if self.finished:
            return None
        part = self.plan.part
        several = len(part) > 1
        records = fold_records(one.records for one in part) if several else _unique(part[0].records)
        sources = (
            find_origins((one.delivery.event_id, one.records) for one in part) if several else None
        )
        newest = max(one.delivery.event_id for one in part)
        return LaneWrite(
            self.lane.lane_id, records, sources, newest, self.doubtful, self.lane.replayed
        )

    def conclude(self, write: LaneWrite, results: Results) -> None:
        """Take in what came of it: go on behind it, step through it until the guilty one is found,
        or wait.
        """
        verdict = worst_verdict(lane_results(results, write))
        self._note(write, results)
        if isinstance(verdict, Saved):
            self.delivered += self.plan.saved()
        elif isinstance(verdict, Refused):
            if any(results[record.ref].contested for record in write.records) and not self.alone:
                # the refused record is another lane's too: only alone it shows whose fault it is
                self.alone = True
            else:
                self._refused(verdict, write, results)
        else:
            self.setback = verdict

    def _refused(self, refusal: Refused, write: LaneWrite, results: Results) -> None:
        self.refusal = refusal
        guilty = next(
            record.ref for record in write.records if refusal in results[record.ref].verdicts()
        )
        for one in self.plan.refused(guilty, refusal):
            self._bury(
                one.delivery.delivery_id,
                describe_refusal(refusal),
                refusal.code,
                refusal.field or "",
            )

    def _bury(self, delivery_id: int, reason: str, code: str, place: str) -> None:
        self.dead.append((delivery_id, reason))
        self.causes[delivery_id] = code, place

    def _note(self, write: LaneWrite, results: Results) -> None:
        """Keep what people will read of it."""
        of = self._origins()
        for record in write.records:
            ref = record.ref
            result = results[ref]
            if result.sent:
                self.touched.add(ref)
            self.sent.append(describe_sent(record, result, of.get(ref, []), dry_run=self.dry_run))
            if isinstance(result.verdict, Saved):
                self.progress |= result.sent
                for note in (*result.verdict.notes, *_unwritten_parts(record, result)):
                    self.notes.append(f"{record.object} {record.key}: {note}")

    def _origins(self) -> dict[Ref, list[int]]:
        """Which deliveries of several want each record."""
        of: dict[Ref, list[int]] = {}
        part = self.plan.part
        for one in part if len(part) > 1 else ():
            for record in one.records:
                of.setdefault(record.ref, []).append(one.delivery.delivery_id)
        return of

    @property
    def untouched(self) -> bool:
        """No call was made for it, and nothing is known: it stays as it was."""
        not_called = (
            isinstance(self.setback, NoAnswer)
            and not (self.setback.sent or self.setback.asked)
            and self.setback.after is None
        )
        return not_called and not (self.touched or self.delivered or self.dead)

    def settled(self, now: datetime, give_up: timedelta, random: Random) -> SettledLane:
        """The lane's outcome as the inbox keeps it."""
        retry = decide_retry(
            self.setback,
            attempts=0 if self.progress else self.lane.attempts,
            now=now,
            random=random,
        )
        retry_at = retry.at
        give_up = patience(self.setback, give_up)
        if retry_at and retry.counts and is_given_up(self.lane, give_up, now):
            self._give_up(now, give_up)
            retry_at = retry_at if self.plan.parts else None
        return SettledLane(
            lane=self.lane,
            delivered=tuple(one.delivery.delivery_id for one in self.delivered),
            dead=tuple(self.dead),
            retry_at=retry_at,
            burn=retry.counts,
            attempt=self._attempt(now),
            touched=tuple(sorted(self.touched)),
        )

    def _give_up(self, now: datetime, give_up: timedelta) -> None:
        """Bury what has been failing for too long; what came later goes on."""
        reason = f"gave up after {give_up}: {self._setback_text()}"
        old = [one for one in self.plan.left if now - one.delivery.came_at > give_up]
        for one in old:
            self._bury(one.delivery.delivery_id, reason, "given_up", "")
        self.plan.drop(old)

    def _setback_text(self) -> str:
        return (
            self.setback.reason
            if isinstance(self.setback, Retry)
            else str(self.setback.fault)
            if self.setback
            else ""
        )

    def _setback_code(self) -> str | None:
        match self.setback:
            case NoAnswer(fault=fault):
                return type(fault).__name__
            case Retry(rule=str()):
                return ACCOUNT_RULE
        return None

    def _attempt(self, now: datetime) -> AttemptRow:
        refusal = self.refusal
        return AttemptRow(
            started_at=self.started,
            duration_ms=round((now - self.started) / timedelta(milliseconds=1)),
            outcome=self.outcome,
            code=refusal.code if refusal else self._setback_code(),
            message=refusal.message
            if refusal
            else self._setback_text() or (self.dead[0][1] if self.dead else None),
            field=refusal.field if refusal else None,
            sent=self.sent,
            notes=tuple(self.notes),
        )

    @property
    def outcome(self) -> Literal["saved", "dry_run", "retry", "refused", "paused"]:
        """One word for the attempt."""
        if isinstance(self.setback, NoAnswer) and not isinstance(self.setback.fault, Unavailable):
            return "paused"
        if self.setback:
            return "retry"
        if self.dead:
            return "refused"
        return "dry_run" if self.dry_run else "saved"


def _unique(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """One event's records, each once: two routes may write the same one."""
    return (
        records
        if len({record.ref for record in records}) == len(records)
        else fold_records((records,))
    )


def describe_refusal(refused: Refused) -> str:
    """A refusal in one line: the field, the CRM's words, its code."""
    where = f"{refused.field}: " if refused.field else ""
    return f"{where}{refused.message} ({refused.code})"


def _unwritten_parts(record: Record, result: RecordResult) -> Iterable[str]:
    """What of a record was not written, and why."""
    whole = not (result.left_out or result.crm_owned or result.missing)
    return () if whole else _left_parts(record, result)


def _left_parts(record: Record, result: RecordResult) -> Iterator[str]:
    if left_out := result.left_out & record.fields.keys():
        yield f"{SUPERSEDED}: {', '.join(sorted(left_out))}"
    if crm_owned := (result.crm_owned - result.left_out) & record.fields.keys():
        yield f"left as the CRM has it: {', '.join(sorted(crm_owned))}"
    for target in (target for target in record.links if target in result.missing):
        yield f"not tied to {target.object} {target.key}, which is not in the CRM"
