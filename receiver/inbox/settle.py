"""Settling: what came of a claim, recorded only as far as the lease still holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, bindparam, func, select, update

from receiver.inbox.claim import Claim
from receiver.inbox.reasons import reason_key
from receiver.inbox.remember import RemoteRow, remember
from receiver.inbox.replay import Lane, replay_lanes
from receiver.inbox.stamps import Stamp
from receiver.inbox.statements import ATTEMPTS
from receiver.inbox.tables import delivery, lane, literal, state_is
from receiver.inbox.text import json_or_none, storable, storable_or_none
from receiver.inbox.times import micros
from receiver.inbox.transaction import Transaction


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One call of a connector, as one lane saw it."""

    started_at: datetime
    duration_ms: int
    outcome: Literal["saved", "retry", "refused", "paused"]
    code: str | None = None
    message: str | None = None
    field: str | None = None
    sent: Sequence[Any] = ()  # the records, as JSON can hold them
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of one claim. Deliveries that are neither delivered nor dead stay pending.

    `retry_at` holds the lane back until then. `burn=False` gives the attempt back, and does not start the clock after
    which the lane is given up: throttled, paused, released. `doubtful`: more may have been written than `remotes` tell.
    """

    claim: Claim
    delivered: tuple[int, ...] = ()
    dead: tuple[tuple[int, str], ...] = ()  # (delivery id, why)
    retry_at: datetime | None = None
    burn: bool = True
    attempt: AttemptRow | None = None
    remotes: tuple[RemoteRow, ...] = ()
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class SettleReport:
    """How many deliveries changed, and the lanes whose lease was lost: what the claim says of them counts for nothing.

    `crossed` events have to be written again, since somebody else wrote the same records at the same time.
    """

    delivered: int
    dead: int
    lost: frozenset[int]
    crossed: frozenset[Stamp] = frozenset()


def settle(transaction: Transaction, results: Sequence[Settled], *, now: datetime) -> SettleReport:
    """Record all results in one transaction.

    Of a lost lease only the remotes are kept. Since it may have written over what came after it, its deliveries and all later ones
    of the lane are delivered again.
    """
    results = sorted(results, key=lambda result: (result.claim.person_key, result.claim.connector))
    locked = _lock(transaction, [result.claim for result in results])
    held = [result for result in results if _holds(result, locked)]
    ours = [result for result in held if locked[result.claim.lane_id].replayed <= result.claim.version]
    delivered = _deliver(transaction, [id for result in ours for id in result.delivered], now)
    dead = _bury(transaction, ours, now)
    _release(transaction, held, locked, now)
    _record(transaction, held)
    written = [(result.claim, row) for result in results if result.claim.lane_id in locked for row in result.remotes]
    crossed = remember(transaction, written, now=now)
    lost = [result for result in results if not _holds(result, locked)]
    _write_again(transaction, [result for result in lost if result.claim.lane_id in locked], now)
    return SettleReport(delivered, dead, frozenset(result.claim.lane_id for result in lost), crossed)


def remember_unsettled(transaction: Transaction, written: Sequence[tuple[Claim, RemoteRow]], *, now: datetime) -> frozenset[Stamp]:
    """Keep what the CRM has written for lanes that are not settled yet, but for those that were erased. Returns what has crossed."""
    locked = _lock(transaction, [claim for claim, _ in written])
    return remember(transaction, [(claim, row) for claim, row in written if claim.lane_id in locked], now=now)


_LOCK = (
    select(lane.c.id, lane.c.state, lane.c.lease_token, lane.c.version, lane.c.replayed)
    .where(lane.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(lane.c.person_key, lane.c.connector)
    .with_for_update()
)
_STILL = (delivery.c.id == bindparam("delivery_id"), state_is("pending"))
_DELIVER = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)), state_is("pending"))
    .values(state=literal("delivered"), settled_at=bindparam("now"), reason=None, reason_key=None)
)
_BURY = (
    update(delivery)
    .where(*_STILL)
    .values(state=literal("dead"), settled_at=bindparam("now"), reason=bindparam("why"), reason_key=bindparam("key"))
)
_IDS = lane.c.id.in_(bindparam("ids", expanding=True))
_REST = update(lane).where(_IDS).values(state=literal("idle"), lease_token=None, attempts=0, failing_since=None)
_AGAIN = update(lane).where(_IDS).values(state=literal("ready"), due_at=bindparam("now"), lease_token=None, attempts=0, failing_since=None)
_RETRY = (
    update(lane)
    .where(lane.c.id == bindparam("lane_id"))
    .values(
        state=literal("ready"),
        lease_token=None,
        due_at=bindparam("at"),
        attempts=lane.c.attempts - bindparam("back"),
        failing_since=func.coalesce(lane.c.failing_since, bindparam("failing", type_=BigInteger)),
    )
)


def _lock(transaction: Transaction, claims: Sequence[Claim]) -> dict[int, Any]:
    """The lanes that still exist, which nobody can change until we commit; locked in the order in which accept locks them."""
    ids = sorted({claim.lane_id for claim in claims})
    return {row.id: row for row in transaction.connection.execute(_LOCK, {"ids": ids})} if ids else {}


def _holds(result: Settled, locked: Mapping[int, Any]) -> bool:
    row = locked.get(result.claim.lane_id)
    return row is not None and row.state == "leased" and row.lease_token == result.claim.lease_token


def _deliver(transaction: Transaction, ids: list[int], now: datetime) -> int:
    return transaction.connection.execute(_DELIVER, {"ids": ids, "now": micros(now)}).rowcount if ids else 0


def _bury(transaction: Transaction, results: Iterable[Settled], now: datetime) -> int:
    rows = [
        {"delivery_id": id, "why": storable(why), "key": reason_key(result.claim.connector, why), "now": micros(now)}
        for result in results
        for id, why in result.dead
    ]
    return transaction.connection.execute(_BURY, rows).rowcount if rows else 0


def _release(transaction: Transaction, held: Sequence[Settled], locked: Mapping[int, Any], now: datetime) -> None:
    retried: list[Settled] = []
    rest: list[Settled] = []
    again: list[Settled] = []
    for result in held:
        row = locked[result.claim.lane_id]
        (retried if result.retry_at else rest if _finished(result, row) else again).append(result)
    if retried:
        transaction.connection.execute(_RETRY, [_retry(result, now) for result in retried])
    if rest:
        transaction.connection.execute(_REST, {"ids": [result.claim.lane_id for result in rest]})
    if again:
        transaction.connection.execute(_AGAIN, {"ids": [result.claim.lane_id for result in again], "now": micros(now)})
        transaction.woken.update(result.claim.connector for result in again)


def _finished(result: Settled, row: Any) -> bool:
    """Nothing came while the lane was leased, and nothing of the claim is left."""
    settled = len(result.delivered) + len(result.dead)
    return row.version == result.claim.version and not result.claim.capped and settled == len(result.claim.deliveries)


def _retry(result: Settled, now: datetime) -> dict[str, object]:
    at = micros(result.retry_at or now)
    return {"lane_id": result.claim.lane_id, "at": at, "back": int(not result.burn), "failing": micros(now) if result.burn else None}


def _write_again(transaction: Transaction, lost: Sequence[Settled], now: datetime) -> None:
    lanes = [Lane(one.claim.lane_id, one.claim.deliveries[0].seq) for one in lost if one.remotes or one.doubtful]
    if lanes:
        replay_lanes(transaction, lanes, now=now, bulk=False)


def _record(transaction: Transaction, held: Sequence[Settled]) -> None:
    ATTEMPTS.execute(transaction.connection, [_attempt(result.claim, result.attempt) for result in held if result.attempt])


def _attempt(claim: Claim, made: AttemptRow) -> tuple[object, ...]:
    return (
        claim.lane_id,
        claim.deliveries[0].seq,
        claim.deliveries[-1].seq,
        json_or_none([pending.delivery_id for pending in claim.deliveries]),
        micros(made.started_at),
        made.duration_ms,
        made.outcome,
        storable_or_none(made.code),
        storable_or_none(made.message),
        storable_or_none(made.field),
        json_or_none(made.sent),
        json_or_none(made.notes),
    )
