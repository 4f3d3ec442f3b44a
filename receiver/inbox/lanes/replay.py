"""Replaying and discarding deliveries.

Both take the lane's lock, and neither is undone by what is settled meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from receiver.inbox.db.event_filter import EventFilter, delivery_conditions
from receiver.inbox.db.tables import LanePriority, delivery, lane, literal, state_is
from receiver.inbox.db.timestamps import to_micros
from receiver.inbox.db.transaction import Transaction, TransactionRunner

CHUNK: Final = 200
# deliveries that a transaction makes pending, unless a single lane has more: new events wait so
# long
MOST_AGAIN: Final = 1000


@dataclass(frozen=True, slots=True)
class DeliverySelection:
    """The deliveries of these events, and these deliveries, and those that match the filter; where
    nothing is given, none.
    """

    events: Sequence[str] = ()
    deliveries: Sequence[int] = ()
    filter: EventFilter | None = None


@dataclass(frozen=True, slots=True)
class LanePlan:
    """From which place on a lane is to be delivered again.

    The discarded deliveries are revived only where chosen themselves.
    """

    id: int
    first_seq: int
    chosen: int = 0
    waiting: int = 0  # of the chosen, those that are pending already
    again: int = 0
    discarded: tuple[int, ...] = ()
    connector: str = ""
    person: str = ""  # the key


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """`chosen` deliveries were asked for; `again` became pending, which includes the later ones of
    their lanes, of so many `people`. `later`: those that were not chosen. `connectors`: how many of
    all go to each. Both as it was when they were counted.
    """

    chosen: int = 0
    again: int = 0
    lanes: int = 0
    later: int = 0
    people: int = 0
    connectors: Mapping[str, int] = field(default_factory=dict)


async def replay_deliveries(
    read: TransactionRunner,
    write: TransactionRunner,
    selection: DeliverySelection,
    *,
    now: datetime,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ReplayResult:
    """Make the chosen deliveries and all later ones of their lanes pending, some lanes at a time so
    that others can write in between.

    `progress` is called with the lanes done and all lanes. Of a dry run the numbers are what would
    happen now.
    """
    lanes = await read(partial(plan_lanes, selection=selection))
    again = sum(lane.again for lane in lanes) if dry_run else 0
    done = 0
    for chunk in () if dry_run else _chunks(lanes):
        again += await write(partial(replay_lanes, lanes=chunk, now=now))
        done += len(chunk)
        if progress:
            progress(done, len(lanes))
    connectors: Counter[str] = Counter()
    for one in lanes:
        connectors[one.connector] += one.again
    return ReplayResult(
        sum(lane.chosen for lane in lanes),
        again,
        len(lanes),
        sum(lane.again - lane.chosen + lane.waiting for lane in lanes),
        len({lane.person for lane in lanes}),
        dict(sorted((+connectors).items())),
    )


def _chunks(lanes: Sequence[LanePlan]) -> Iterator[Sequence[LanePlan]]:
    chunk: list[LanePlan] = []
    again = 0
    for one in lanes:
        if chunk and (len(chunk) == CHUNK or again + one.again > MOST_AGAIN):
            yield chunk
            chunk, again = [], 0
        chunk.append(one)
        again += one.again
    if chunk:
        yield chunk


async def discard_selected(
    read: TransactionRunner,
    write: TransactionRunner,
    selection: DeliverySelection,
    *,
    now: datetime,
) -> int:
    """Give up the chosen deliveries that are pending or dead, some at a time.

    Returns how many were.
    """
    ids = await read(partial(find_chosen, selection=selection))
    only_dead = (
        selection.filter is not None
        and selection.filter.state == "dead"
        and not (selection.events or selection.deliveries)
    )
    count = 0
    for start in range(0, len(ids), CHUNK):
        count += await write(
            partial(
                discard_deliveries, ids=ids[start : start + CHUNK], now=now, only_dead=only_dead
            )
        )
    return count


def plan_lanes(transaction: Transaction, selection: DeliverySelection) -> list[LanePlan]:
    """What a replay would do, lane by lane."""
    where = chosen_deliveries(selection)
    first = select(
        delivery.c.lane_id,
        func.min(delivery.c.seq).label("seq"),
        func.count().label("chosen"),
        func.count().filter(delivery.c.state == literal("pending")).label("waiting"),
    ).where(where)
    first_of = first.group_by(delivery.c.lane_id).cte("first_of")
    later = and_(
        delivery.c.lane_id == first_of.c.lane_id,
        delivery.c.state.in_(_REVIVED),
        delivery.c.seq >= first_of.c.seq,
    )
    again = (
        select(func.count())
        .select_from(delivery)
        .where(later)
        .correlate(first_of)
        .scalar_subquery()
    )
    rows = transaction.connection.execute(
        select(first_of, again.label("again"), lane.c.connector, lane.c.person_key)
        .join(lane, lane.c.id == first_of.c.lane_id)
        .order_by(first_of.c.lane_id)
    ).all()
    discarded: dict[int, list[int]] = {}
    for row in transaction.connection.execute(
        select(delivery.c.lane_id, delivery.c.id).where(
            where, delivery.c.state == literal("discarded")
        )
    ):
        discarded.setdefault(row.lane_id, []).append(row.id)
    return [
        LanePlan(
            row.lane_id,
            row.seq,
            row.chosen,
            row.waiting,
            row.again + len(discarded.get(row.lane_id, ())),
            tuple(discarded.get(row.lane_id, ())),
            row.connector,
            row.person_key,
        )
        for row in rows
    ]


def replay_lanes(
    transaction: Transaction, lanes: Sequence[LanePlan], *, now: datetime, bulk: bool = True
) -> int:
    """Make the chosen deliveries and all later ones of their lanes pending.

    A lane that waits for a retry is woken, too.

    In `bulk` they go behind what comes live, but for lanes with something live in them.
    """
    lock_lanes(transaction, [lane.id for lane in lanes])
    again = transaction.connection.execute(
        _AGAIN, [{"of": lane.id, "first": lane.first_seq} for lane in lanes]
    ).rowcount
    discarded = [id for lane in lanes for id in lane.discarded]
    if discarded:
        again += transaction.connection.execute(_REVIVE, {"ids": discarded}).rowcount
    wake_lanes(transaction, [lane.id for lane in lanes], now=now, bulk=bulk)
    return again


def wake_lanes(
    transaction: Transaction, lanes: Sequence[int], *, now: datetime, bulk: bool = True
) -> None:
    """Let lanes in which deliveries are pending again be taken, and what is under way meanwhile
    settle none of them.
    """
    priority = LanePriority.BULK if bulk else LanePriority.LIVE
    values = {"ids": list(lanes), "now": to_micros(now), "priority": int(priority)}
    transaction.woken.update(transaction.connection.scalars(_WAKE, values))


def chosen_deliveries(selection: DeliverySelection) -> ColumnElement[bool]:
    """The condition on `delivery` for those that a selection means."""
    wanted: list[ColumnElement[bool]] = []
    if selection.events:
        wanted.append(delivery.c.event_id.in_(list(selection.events)))
    if selection.deliveries:
        wanted.append(delivery.c.id.in_(list(selection.deliveries)))
    if selection.filter is not None:
        wanted.append(and_(true(), *delivery_conditions(selection.filter)))
    return or_(false(), *wanted)


def find_chosen(transaction: Transaction, selection: DeliverySelection) -> list[int]:
    """The ids of the deliveries that a selection means."""
    return list(
        transaction.connection.scalars(
            select(delivery.c.id).where(chosen_deliveries(selection)).order_by(delivery.c.id)
        )
    )


def discard_deliveries(
    transaction: Transaction, ids: Sequence[int], *, now: datetime, only_dead: bool = False
) -> int:
    """Give up those that are pending or dead; or `only_dead`, if somebody may have replayed them
    meanwhile. Returns how many were.
    """
    lanes = list(
        transaction.connection.scalars(
            select(delivery.c.lane_id).where(delivery.c.id.in_(ids)).distinct()
        )
    )
    lock_lanes(transaction, lanes)
    statement = _DISCARD_DEAD if only_dead else _DISCARD
    return transaction.connection.execute(
        statement, {"ids": list(ids), "now": to_micros(now)}
    ).rowcount


def lock_lanes(transaction: Transaction, lanes: Sequence[int]) -> None:
    """Deliveries change only under the lock of their lane.

    Always taken in the same order, so that nobody waits in a circle.
    """
    transaction.connection.execute(_LOCK, {"ids": list(lanes)}).all()


_REVIVED = (literal("delivered"), literal("dry_run"), literal("dead"))
_LANES = lane.c.id.in_(bindparam("ids", expanding=True))
_LOCK = (
    select(lane.c.id).where(_LANES).order_by(lane.c.person_key, lane.c.connector).with_for_update()
)
_WAKE = (
    update(lane)
    .where(_LANES)
    .values(
        version=lane.c.version + 1,
        replayed=lane.c.version + 1,  # a settle of what was loaded before it counts for nothing
        failing_since=None,
        priority=case(
            (lane.c.state == literal("idle"), bindparam("priority")), else_=lane.c.priority
        ),
        state=literal("ready"),
        due_at=bindparam("now", type_=BigInteger),
        wait=literal_column("0", BigInteger()),
    )
    .returning(lane.c.connector)
)
_THESE = delivery.c.id.in_(bindparam("ids", expanding=True))
_AGAIN = (
    update(delivery)
    .where(
        delivery.c.lane_id == bindparam("of"),
        delivery.c.state.in_(_REVIVED),
        delivery.c.seq >= bindparam("first"),
    )
    .values(state=literal("pending"), reason=None, settled_at=None)
)
_REVIVE = (
    update(delivery)
    .where(_THESE, state_is("discarded"))
    .values(state=literal("pending"), reason=None, settled_at=None)
)
_DISCARDED = {"state": literal("discarded"), "settled_at": bindparam("now")}
_DISCARD = update(delivery).where(_THESE, state_is("pending", "dead")).values(_DISCARDED)
_DISCARD_DEAD = update(delivery).where(_THESE, state_is("dead")).values(_DISCARDED)
