"""One claimed lane on its way: what is to be written next, and what has come of it so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from connectors.base import Append, Record, Ref, Refused, Retry, Saved, Unavailable, Value
from receiver.delivery.backoff import LANE, waiting
from receiver.delivery.render import Rendered, Unrenderable
from receiver.delivery.share import Unit
from receiver.delivery.write import Halted, Result, Written, link_name, worst
from receiver.inbox import AttemptRow, Claim, RemoteRow, Settled
from receiver.mapping import fold, origins

LEAST_TRIES = 3  # before a lane is given up: the time alone may have passed while its connector was paused, or the clock was set


@dataclass(slots=True)
class LaneRun:
    """Writes a lane's deliveries folded into one; where that is refused, one by one until the guilty one is found."""

    claim: Claim
    started: datetime
    todo: tuple[Rendered, ...] = ()
    part: tuple[Rendered, ...] = ()  # the deliveries in the unit under way
    stepping: bool = False
    alone: bool = False  # to be written apart from other lanes
    delivered: list[Rendered] = field(default_factory=list)
    dead: list[tuple[int, str]] = field(default_factory=list)
    causes: dict[int, tuple[str, str]] = field(default_factory=dict)  # of the dead: code and field, for the log
    setback: Retry | Halted | None = None
    progress: bool = False  # this attempt has written something
    refusal: Refused | None = None
    lost: bool = False  # the lease was: another has the deliveries, and nothing of this counts
    saved: dict[Ref, RemoteRow] = field(default_factory=dict)  # what the inbox has not been told yet
    sent: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        """Nothing is left to do, or it has to wait."""
        return self.setback is not None or not self.todo

    def add(self, rendered: Rendered | Unrenderable) -> None:
        """Take in the next delivery; one that cannot be rendered is dead with its reason."""
        if isinstance(rendered, Rendered):
            self.todo += (rendered,)
        else:
            self.dead.append((rendered.delivery.delivery_id, rendered.reason))
            self.causes[rendered.delivery.delivery_id] = rendered.code, rendered.place

    def next_unit(self) -> Unit | None:
        """What is to be written now; None when the lane is through or must wait."""
        if self.finished:
            return None
        self.part = self.todo[:1] if self.stepping else self.todo
        records = fold(one.records for one in self.part)
        sources = origins((one.delivery.event_id, one.records) for one in self.part)
        newest = max(one.delivery.event_id for one in self.part)
        return Unit(self.claim.lane_id, records, sources, newest, doubtful=self.claim.attempts > 0, replay=self.claim.replayed)

    def conclude(self, unit: Unit, written: Written) -> None:
        """Take in what came of the unit: go on behind it, step through it one by one, or wait."""
        result = worst(written.results(unit))
        self._remember(unit, written)
        if isinstance(result, Saved):
            self.delivered += self.part
            self.todo = self.todo[len(self.part) :]
        elif isinstance(result, Refused):
            if any(record.ref in written.contested for record in unit.records) and not self.alone:
                self.alone = True  # the refused record is another lane's too: only alone it shows whose fault it is
            else:
                self._refused(result)
        else:
            self.setback = result

    def _refused(self, refused: Refused) -> None:
        self.refusal = refused
        if len(self.part) > 1:
            self.stepping = True
            return
        self.dead.append((self.part[0].delivery.delivery_id, describe(refused)))
        self.causes[self.part[0].delivery.delivery_id] = refused.code, refused.field or ""
        self.todo = self.todo[1:]
        self.stepping = False  # the guilty one is found: the rest fold again

    def _remember(self, unit: Unit, written: Written) -> None:
        for record in unit.records:
            ref = record.ref
            result = written.records[ref]
            left_out = written.left_out(ref, record)
            self.sent.append(_shown(record, result, left_out))
            if isinstance(result, Saved):
                self.progress |= ref not in written.unsent
                self.notes += [f"{record.object} {record.key}: {note}" for note in (*result.notes, *_told(left_out))]
                self._keep(unit, ref, record, result.id, written)

    def _keep(self, unit: Unit, ref: Ref, record: Record, id: str, written: Written) -> None:
        tied = tuple(link_name(target) for target in record.links if isinstance(written.links.get((ref, target)), Saved))
        trace = written.traces[ref]
        if trace.based_on is None and not tied and not trace.again:
            return  # nothing new is known of it
        mark = None if trace.based_on is None else unit.mark(ref, record)
        self.saved[ref] = RemoteRow(record.object, record.key, id, unit.event_id, tied, mark, trace.stamps, trace.based_on, trace.again)

    def settled(self, now: datetime, give_up: timedelta, random: Random) -> Settled:
        """The lane's outcome as the inbox keeps it."""
        retry_at, burn = self._retry(now, random)
        failing = self.claim.failing_since
        if retry_at and burn and failing and now - failing > give_up and self.claim.attempts + 1 >= LEAST_TRIES:
            self._give_up(now, give_up)
            retry_at = retry_at if self.todo else None
        return Settled(
            claim=self.claim,
            delivered=tuple(one.delivery.delivery_id for one in self.delivered),
            dead=tuple(self.dead),
            retry_at=retry_at,
            burn=burn,
            attempt=self._attempt(now),
            remotes=tuple(self.saved.values()),
            doubtful=self.progress or (isinstance(self.setback, Halted) and self.setback.tried),
        )

    def _give_up(self, now: datetime, give_up: timedelta) -> None:
        """Bury what has been failing for too long; what came later goes on."""
        reason = f"gave up after {give_up}: {self._setback_text()}"
        old = [one for one in self.todo if now - one.delivery.came_at > give_up]
        self.dead += [(one.delivery.delivery_id, reason) for one in old]
        self.causes |= {one.delivery.delivery_id: ("given_up", "") for one in old}
        self.todo = tuple(one for one in self.todo if one not in old)

    def _retry(self, now: datetime, random: Random) -> tuple[datetime | None, bool]:
        """When to come back, and whether this attempt counts."""
        backoff = LANE.delay(0 if self.progress else self.claim.attempts, random)
        match self.setback:
            case Retry(after=after):
                return now + max(backoff, waiting(after)), True
            case Halted(fault=Unavailable() as fault, tried=True):
                return now + max(backoff, waiting(fault.retry_after)), True
            case Halted():
                return now, False
            case None:
                return None, True

    def _setback_text(self) -> str:
        return self.setback.reason if isinstance(self.setback, Retry) else str(self.setback.fault) if self.setback else ""

    def _attempt(self, now: datetime) -> AttemptRow:
        refusal = self.refusal
        return AttemptRow(
            started_at=self.started,
            duration_ms=round((now - self.started) / timedelta(milliseconds=1)),
            outcome=self.outcome,
            code=refusal.code if refusal else type(self.setback.fault).__name__ if isinstance(self.setback, Halted) else None,
            message=refusal.message if refusal else self._setback_text() or (self.dead[0][1] if self.dead else None),
            field=refusal.field if refusal else None,
            sent=self.sent,
            notes=tuple(self.notes),
        )

    @property
    def outcome(self) -> Literal["saved", "retry", "refused", "paused"]:
        """One word for the attempt."""
        if isinstance(self.setback, Halted) and not isinstance(self.setback.fault, Unavailable):
            return "paused"
        if self.setback:
            return "retry"
        return "refused" if self.dead else "saved"


def describe(refused: Refused) -> str:
    """A refusal in one line: the field, the CRM's words, its code."""
    where = f"{refused.field}: " if refused.field else ""
    return f"{where}{refused.message} ({refused.code})"


def _told(left_out: Collection[str]) -> Iterator[str]:
    if left_out:
        yield f"left as a newer event had set it: {', '.join(left_out)}"


def _shown(record: Record, result: Result, left_out: Collection[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "object": record.object,
        "key": record.key,
        "fields": {name: _plain(value) for name, value in record.fields.items() if name not in left_out},
        "links": [link_name(target) for target in record.links],
        "result": type(result).__name__.lower(),
    }
    if isinstance(result, Saved):
        shown |= {"id": result.id, "created": result.created}
    return shown


_PLAIN: dict[type, Callable[[Any], Any]] = {str: str, bool: bool, int: int, Append: lambda value: list(value.values)}


def _plain(value: Value) -> Any:
    return _PLAIN.get(type(value), str)(value)
