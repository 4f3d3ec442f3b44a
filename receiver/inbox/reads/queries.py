"""What people ask of the store: how it stands, which events came, what needs attention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, case, func, null, select

from receiver.inbox.db.event_filter import EventFilter, PageTurn, in_quarantine, select_page
from receiver.inbox.db.event_ids import CAME_AT, IN_TIME, VERSION_AT, late_at, received_at
from receiver.inbox.db.tables import delivery, drift, event, literal
from receiver.inbox.db.timestamps import from_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.operation import connector_state, leadership
from receiver.inbox.operation.connector_state import ConnectorState, PauseKind
from receiver.inbox.reads.waiting_lanes import WaitingLanes, find_waiting


@dataclass(frozen=True, slots=True)
class ConnectorStatus:
    """`state` is "running", or the kind of the pause; then `reason`, `since` and `until` say more.

    `note`, `sizes` are as in `ConnectorState`; `leader` is the process that delivers for it.
    `waiting`: who is tried again there, and why.
    """

    state: str
    pending: int
    dead: int
    oldest_pending_seconds: float | None
    kind: PauseKind | None = None
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    note: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    leader: str | None = None
    waiting: WaitingLanes | None = None


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """How the store stands.

    Ages are those of the events, by the time they were received; of what was handed in late, by
    when it was.
    """

    pending: int
    dead: int
    quarantined: int
    oldest_pending_seconds: float | None
    connectors: Mapping[str, ConnectorStatus]


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event in a list. `deliveries` counts them by state."""

    id: str
    source: str
    name: str | None
    how: str | None
    named: str | None
    disagreement: str | None
    state: str  # accepted, quarantined, or discarded out of quarantine
    received_at: datetime
    person: str | None  # the first of the people in it
    people: int
    deliveries: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventRowPage:
    """`next` is what to give as `before` (or as `after`, where that was given) for the page after
    this one; None on the last.
    """

    items: tuple[EventRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class DriftCount:
    """How often a key came that no schema knows, or a value that counts as absent."""

    source: str
    event: str
    path: str
    count: int
    first_at: datetime
    last_at: datetime


def read_store_status(
    transaction: Transaction, connectors: Sequence[str], *, now: datetime
) -> StoreStatus:
    """Takes as long as it takes to count what is pending or dead."""
    pending, dead, states = (
        _open(transaction, "pending"),
        _open(transaction, "dead"),
        connector_state.find_states(transaction),
    )
    leaders = {one.role: one.holder for one in leadership.list_leaders(transaction)}
    names, found = sorted({*connectors, *pending, *dead}), {}
    tried_again = find_waiting(transaction, names)
    for name in names:
        number, oldest = pending.get(name, (0, None))
        state = states.get(name, ConnectorState(name))
        ages = (number, dead.get(name, (0, None))[0], _age(oldest, now))
        found[name] = ConnectorStatus(
            state.paused or "running",
            *ages,
            kind=state.paused,
            reason=state.reason,
            since=state.since,
            until=state.until,
            note=state.note,
            sizes=state.sizes,
            leader=leaders.get(leadership.role_of(name)),
            waiting=tried_again.get(name),
        )
    return StoreStatus(
        pending=sum(connector.pending for connector in found.values()),
        dead=sum(connector.dead for connector in found.values()),
        quarantined=transaction.connection.scalar(_QUARANTINED) or 0,
        oldest_pending_seconds=max(
            (
                one.oldest_pending_seconds
                for one in found.values()
                if one.oldest_pending_seconds is not None
            ),
            default=None,
        ),
        connectors=found,
    )


def list_events(
    transaction: Transaction,
    chosen: EventFilter,
    *,
    before: str | None,
    after: str | None = None,
    limit: int,
) -> EventRowPage:
    """Newest first, whichever way the pages are turned."""
    ids: list[str] = list(
        transaction.connection.scalars(select_page(chosen, PageTurn(limit + 1, before, after)))
    )
    return EventRowPage(
        tuple(_rows(transaction, ids[:limit])), ids[limit - 1] if len(ids) > limit else None
    )


def count_unsearched(transaction: Transaction, chosen: EventFilter) -> int:
    """How many calls in quarantine fit all that is asked but the person: who is in them was never
    understood.
    """
    if (
        chosen.person is None
        or chosen.state not in {None, "quarantined"}
        or chosen.connector is not None
    ):
        return 0
    return transaction.connection.scalar(in_quarantine(chosen)) or 0


def list_drift(transaction: Transaction) -> list[DriftCount]:
    """The counts of drift, the most frequent first."""
    return [
        DriftCount(
            row.source,
            row.name,
            row.path,
            row.times,
            from_micros(row.first_at),
            from_micros(row.last_at),
        )
        for row in transaction.connection.execute(
            select(drift, drift.c.count.label("times")).order_by(
                drift.c.count.desc(), drift.c.source, drift.c.name, drift.c.path
            )
        )
    ]


_IS_IN_TIME = func.substr(delivery.c.event_id, VERSION_AT, 1) == literal(IN_TIME)
_OPEN = (
    select(
        delivery.c.connector,
        func.count().label("number"),
        func.min(case((_IS_IN_TIME, delivery.c.event_id))).label("oldest"),
        func.min(
            case((_IS_IN_TIME, null()), else_=func.substr(delivery.c.event_id, CAME_AT))
        ).label("oldest_late"),
    )
    .where(delivery.c.state == bindparam("in_state"))
    .group_by(delivery.c.connector)
)
_IN_QUARANTINE = (event.c.state == literal("quarantined"), event.c.state != literal("accepted"))
_QUARANTINED = select(func.count()).select_from(event).where(*_IN_QUARANTINE)
_COLUMNS = (
    "id",
    "source",
    "name",
    "how",
    "named",
    "disagreement",
    "state",
    "received_at",
    "person",
    "people",
)
_ROWS = (
    select(*(event.c[name] for name in _COLUMNS))
    .where(event.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(event.c.id.desc())
)
_COUNTS = (
    select(delivery.c.event_id, delivery.c.state, func.count().label("number"))
    .where(delivery.c.event_id.in_(bindparam("ids", expanding=True)))
    .group_by(delivery.c.event_id, delivery.c.state)
)


def _open(transaction: Transaction, state: str) -> dict[str, tuple[int, datetime | None]]:
    """Connector → how many deliveries are in the state, and when the first of their events came."""
    rows = transaction.connection.execute(_OPEN, {"in_state": state})
    return {row.connector: (row.number, _first_came(row.oldest, row.oldest_late)) for row in rows}


def _first_came(in_time: str | None, late: str | None) -> datetime | None:
    times = [*([received_at(in_time)] if in_time else []), *([late_at(late)] if late else [])]
    return min(times, default=None)


def _age(oldest: datetime | None, now: datetime) -> float | None:
    return None if oldest is None else max(0.0, (now - oldest).total_seconds())


def _rows(transaction: Transaction, ids: Sequence[str]) -> Iterable[EventRow]:
    counts: dict[str, dict[str, int]] = {}
    for row in transaction.connection.execute(_COUNTS, {"ids": list(ids)}):
        counts.setdefault(row.event_id, {})[row.state] = row.number
    for values in transaction.connection.execute(_ROWS, {"ids": list(ids)}).mappings():
        yield EventRow(
            **{**values, "received_at": from_micros(values["received_at"])},
            deliveries=counts.get(values["id"], {}),
        )
