"""Settling: what came of lanes that were under way, recorded only by whoever leads still."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import BigInteger, Integer, and_, bindparam, case, func, select, update

from receiver.inbox.db.bulk_statements import ATTEMPTS
from receiver.inbox.db.storable_text import json_or_none, storable_text, storable_text_or_none
from receiver.inbox.db.tables import DeliveryState, attempt, delivery, lane, literal, state_is
from receiver.inbox.db.timestamps import to_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.lanes.failure_groups import reason_key
from receiver.inbox.lanes.ready import ReadyLane
from receiver.inbox.lanes.record_state import (
    RecordRef,
    RecordStateRow,
    find_record_states,
    keep_record_states,
)
from receiver.inbox.lanes.replay import LanePlan, replay_lanes
from receiver.inbox.operation.leadership import is_current

_AT_ONCE = 500  # parameters


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One call of a connector, as one lane saw it."""

    started_at: datetime
    duration_ms: int
    outcome: Literal["saved", "dry_run", "retry", "refused", "paused"]
    code: str | None = None
    message: str | None = None
    field: str | None = None
    sent: Sequence[Any] = ()  # the records, as JSON can hold them
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SettledLane:
    """What came of one lane. Deliveries that are neither delivered nor dead stay pending.

    `retry_at` holds the lane back until then. `burn=False` counts no attempt, and does not start
    the clock after which the lane is given up: its connector is to blame. Both begin anew where
    something was delivered. `touched`: records that
    were written for it, or may have been.
    """

    lane: ReadyLane
    delivered: tuple[int, ...] = ()
    dead: tuple[tuple[int, str], ...] = ()  # (delivery id, why)
    retry_at: datetime | None = None
    burn: bool = True
    attempt: AttemptRow | None = None
    touched: tuple[RecordRef, ...] = ()


@dataclass(frozen=True, slots=True)
class SettleReport:
    """How many deliveries changed. `lost`: another leads by now, and nothing of this counts."""

    delivered: int = 0
    dead: int = 0
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one leader has to tell of its connector, in one transaction.

    Of a dry run what is told as delivered was not written.

    `unfinished`: lanes that go on, for which something was written: nothing is recorded of them,
    but where another leads by now.
    """

    connector: str
    role: str
    epoch: int
    lanes: Sequence[SettledLane] = ()
    records: Sequence[RecordStateRow] = field(default_factory=tuple)
    unfinished: Sequence[SettledLane] = ()
    dry_run: bool = False


def settle_lanes(
    transaction: Transaction, settlement: Settlement, *, now: datetime
) -> SettleReport:
    """Record what came of lanes, under the leader's epoch.

    Where the epoch is over, another may have written the same records meanwhile, and an old write
    may have come on top of it: what was written for these lanes, and whatever wrote the same
    records since, is delivered again by the new leader.
    """
    results = sorted(settlement.lanes, key=lambda result: result.lane.person_key)
    concerned = {result.lane.lane_id for result in results} | {
        row.lane_id for row in settlement.records
    }
    # before the leadership, for whose renewal nobody may wait long
    locked = _lock(transaction, sorted(concerned))
    if not is_current(transaction, settlement.role, settlement.epoch):
        _write_again(transaction, settlement, now)
        return SettleReport(lost=True)
    present = [result for result in results if result.lane.lane_id in locked]
    ours = [
        result for result in present if locked[result.lane.lane_id].replayed <= result.lane.version
    ]
    done = [id for result in ours for id in result.delivered]
    delivered = _deliver(transaction, done, now, "dry_run" if settlement.dry_run else "delivered")
    dead = _bury(transaction, ours, now)
    _release(transaction, present, locked, now)
    _record(transaction, present)
    # nothing told later brings an erased person back
    records = [row for row in settlement.records if row.lane_id in locked]
    keep_record_states(transaction, settlement.connector, records, now=now)
    return SettleReport(delivered, dead)


_LOCK = (
    select(lane.c.id, lane.c.version, lane.c.replayed)
    .where(lane.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(lane.c.person_key, lane.c.connector)  # as everybody locks them
    .with_for_update()
)
# what was discarded meanwhile stays so
_STILL = (delivery.c.id == bindparam("delivery_id"), state_is("pending"))
_DELIVER = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)), state_is("pending"))
    .values(state=bindparam("to_state"), settled_at=bindparam("now"), reason=None, reason_key=None)
)
_BURY = (
    update(delivery)
    .where(*_STILL)
    .values(
        state=literal("dead"),
        settled_at=bindparam("now"),
        reason=bindparam("why"),
        reason_key=bindparam("key"),
    )
)
_IDS = lane.c.id.in_(bindparam("ids", expanding=True))
_REST = (
    update(lane).where(_IDS).values(state=literal("idle"), wait=0, attempts=0, failing_since=None)
)
_AGAIN = (
    update(lane).where(_IDS).values(due_at=bindparam("now"), wait=0, attempts=0, failing_since=None)
)
_RETRY = (
    update(lane)
    .where(lane.c.id == bindparam("lane_id"))
    .values(
        due_at=bindparam("at"),
        wait=bindparam("put_off"),
        # a lane that has got on begins to count anew
        attempts=lane.c.attempts * bindparam("stuck", type_=Integer) + bindparam("burnt"),
        failing_since=case(
            (
                bindparam("stuck", type_=Integer) == 1,
                func.coalesce(lane.c.failing_since, bindparam("failing", type_=BigInteger)),
            ),
            else_=bindparam("failing", type_=BigInteger),
        ),
    )
)
_PLACES = select(delivery.c.lane_id, delivery.c.seq).where(
    delivery.c.event_id.in_(bindparam("events", expanding=True)),
    delivery.c.lane_id.in_(bindparam("lanes", expanding=True)),
)
_LAST_ATTEMPT = (
    select(func.max(attempt.c.id)).where(attempt.c.lane_id == bindparam("of")).scalar_subquery()
)
_ONCE_MORE = (
    update(attempt)
    .where(
        and_(
            attempt.c.id == _LAST_ATTEMPT,
            attempt.c.last_seq == bindparam("to"),
            attempt.c.outcome == bindparam("came"),
            attempt.c.code.is_not_distinct_from(bindparam("said")),
            attempt.c.message.is_not_distinct_from(bindparam("told")),
        )
    )
    .values(times=attempt.c.times + 1, last_at=bindparam("at"), duration_ms=bindparam("took"))
)


def _lock(transaction: Transaction, lanes: Sequence[int]) -> dict[int, Any]:
    """The lanes that still exist, which nobody can change until we commit."""
    return (
        {row.id: row for row in transaction.connection.execute(_LOCK, {"ids": list(lanes)})}
        if lanes
        else {}
    )


def _deliver(transaction: Transaction, ids: list[int], now: datetime, state: DeliveryState) -> int:
    if not ids:
        return 0
    values = {"ids": ids, "now": to_micros(now), "to_state": state}
    return transaction.connection.execute(_DELIVER, values).rowcount


def _bury(transaction: Transaction, results: Iterable[SettledLane], now: datetime) -> int:
    rows = [
        {
            "delivery_id": id,
            "why": storable_text(why),
            "key": reason_key(result.lane.connector, why),
            "now": to_micros(now),
        }
        for result in results
        for id, why in result.dead
    ]
    return transaction.connection.execute(_BURY, rows).rowcount if rows else 0


def _release(
    transaction: Transaction,
    present: Sequence[SettledLane],
    locked: Mapping[int, Any],
    now: datetime,
) -> None:
    retried = [
        one
        for one in present
        if one.retry_at and locked[one.lane.lane_id].replayed <= one.lane.version
    ]
    put_off = {one.lane.lane_id for one in retried}
    # a replay does not wait for what was under way
    others = [one for one in present if one.lane.lane_id not in put_off]
    rest = [one.lane.lane_id for one in others if _finished(one, locked[one.lane.lane_id])]
    again = [one.lane.lane_id for one in others if not _finished(one, locked[one.lane.lane_id])]
    if retried:
        transaction.connection.execute(
            _RETRY, [_retry(result, result.retry_at or now, now) for result in retried]
        )
    if rest:
        transaction.connection.execute(_REST, {"ids": rest})
    if again:
        transaction.connection.execute(_AGAIN, {"ids": again, "now": to_micros(now)})
        transaction.woken.update(present[0].lane.connector for _ in again[:1])


def _finished(result: SettledLane, row: Any) -> bool:
    """Nothing came while the lane was under way, and nothing is left."""
    settled = len(result.delivered) + len(result.dead)
    return (
        row.version == result.lane.version
        and not result.lane.capped
        and settled == len(result.lane.deliveries)
    )


def _retry(result: SettledLane, at: datetime, now: datetime) -> dict[str, object]:
    return {
        "lane_id": result.lane.lane_id,
        "at": to_micros(at),
        "put_off": max(0, (at - now) // timedelta(microseconds=1)),
        "stuck": int(not result.delivered),
        "burnt": int(result.burn),
        "failing": to_micros(now) if result.burn else None,
    }


def _write_again(transaction: Transaction, settlement: Settlement, now: datetime) -> None:
    """The lanes from what was under way on, and others from the event on that wrote a field of the
    same records last.
    """
    concerned = [one for one in (*settlement.lanes, *settlement.unfinished) if one.touched]
    first = {one.lane.lane_id: one.lane.deliveries[0].seq for one in concerned}
    known = find_record_states(
        transaction, settlement.connector, {ref for one in concerned for ref in one.touched}
    )
    stamps = sorted({stamp for remote in known.values() for stamp in remote.stamps.values()})
    for start in range(0, len(stamps), _AT_ONCE):
        some = stamps[start : start + _AT_ONCE]
        values = {
            "events": [stamp.event_id for stamp in some],
            "lanes": [stamp.lane_id for stamp in some],
        }
        for row in transaction.connection.execute(_PLACES, values):
            first[row.lane_id] = min(row.seq, first.get(row.lane_id, row.seq))
    if first:
        replay_lanes(
            transaction, [LanePlan(id, seq) for id, seq in first.items()], now=now, bulk=False
        )


def _record(transaction: Transaction, present: Sequence[SettledLane]) -> None:
    """Keep the attempts; one that went as the lane's last did is counted with it."""
    new = [
        _attempt(one.lane, one.attempt)
        for one in present
        if one.attempt and not (one.retry_at and _counted(transaction, one.lane, one.attempt))
    ]
    ATTEMPTS.execute(transaction.connection, new)


def _counted(transaction: Transaction, of: ReadyLane, made: AttemptRow) -> bool:
    values = {
        "of": of.lane_id,
        "to": of.deliveries[-1].seq,
        "came": made.outcome,
        "said": storable_text_or_none(made.code),
        "told": storable_text_or_none(made.message),
        "at": to_micros(made.started_at),
        "took": made.duration_ms,
    }
    return transaction.connection.execute(_ONCE_MORE, values).rowcount > 0


def _attempt(of: ReadyLane, made: AttemptRow) -> tuple[object, ...]:
    at = to_micros(made.started_at)
    return (
        of.lane_id,
        of.deliveries[0].seq,
        of.deliveries[-1].seq,
        json_or_none([pending.delivery_id for pending in of.deliveries]),
        at,
        at,
        1,
        made.duration_ms,
        made.outcome,
        storable_text_or_none(made.code),
        storable_text_or_none(made.message),
        storable_text_or_none(made.field),
        json_or_none(made.sent),
        json_or_none(made.notes),
    )
