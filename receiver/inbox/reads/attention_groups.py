"""What waits for a decision, grouped by why: one word then names all that is to be replayed, judged
anew or discarded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select

from receiver.inbox.db.event_ids import received_at
from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.tables import delivery, event, literal
from receiver.inbox.db.transaction import Transaction

GroupKind = Literal["dead", "quarantined"]
Order = Literal["largest", "newest"]


@dataclass(frozen=True, slots=True)
class AttentionGroup:
    """Deliveries that died of the same at one connector, or quarantined calls of a source with the
    same faults.

    `reason` is that of the newest delivery; those of the others may quote other values. `id` is the
    same as long as the group is there.
    """

    kind: GroupKind
    id: str
    where: str  # the connector, or the source
    event: str | None  # of quarantined calls: their name, where it was recognised
    reason: str
    count: int
    first: datetime
    last: datetime
    example: str  # the id of its newest event


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """How many groups there are."""

    dead: int
    quarantined: int


def list_groups(
    transaction: Transaction, *, most: int, skip: int = 0, by: Order = "largest"
) -> tuple[list[AttentionGroup], list[AttentionGroup]]:
    """The dead deliveries and the quarantined calls by their reasons; of each kind the first `most`
    behind the first `skip`.
    """
    page = {"most": most, "skip": skip}
    dead = transaction.connection.execute(_DEAD[by], page)
    return [_dead(row) for row in dead], [
        _quarantined(row) for row in transaction.connection.execute(_QUARANTINED[by], page)
    ]


def list_source_groups(transaction: Transaction, source: str, *, most: int) -> list[AttentionGroup]:
    """The quarantined calls of one source by their reasons, the largest groups first."""
    given = {"source": source, "most": most, "skip": 0}
    return [_quarantined(row) for row in transaction.connection.execute(_OF_SOURCE, given)]


def find_group(transaction: Transaction, id: str) -> AttentionGroup | None:
    """The group with that id, however small; None where nothing is in it any more."""
    row = transaction.connection.execute(_DEAD_ONE, {"id": storable_text(id)}).one_or_none()
    if row is not None:
        return _dead(row)
    return next((one for one in _all_quarantined(transaction) if one.id == id), None)


def count_groups(transaction: Transaction) -> GroupCounts:
    """How many groups there are of each kind."""
    return GroupCounts(
        transaction.connection.scalar(_DEAD_GROUPS) or 0,
        transaction.connection.scalar(_QUARANTINED_GROUPS) or 0,
    )


def _all_quarantined(transaction: Transaction) -> Iterator[AttentionGroup]:
    return map(_quarantined, transaction.connection.execute(_GROUPED_CALLS))


def _dead(row: Row[Any]) -> AttentionGroup:
    return AttentionGroup(
        "dead",
        row.reason_key,
        row.connector,
        None,
        row.reason or "",
        row.number,
        received_at(row.first),
        received_at(row.last),
        row.last,
    )


def _quarantined(row: Row[Any]) -> AttentionGroup:
    text = "\0".join((row.source, row.name or "", row.faults or ""))
    id = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    times = received_at(row.first), received_at(row.last)
    return AttentionGroup(
        "quarantined", id, row.source, row.name, row.faults or "", row.number, *times, row.last
    )


_COUNTED = func.count().label("number")
_IS_DEAD = delivery.c.state == literal("dead")
_GROUPED_DEAD = (
    select(
        delivery.c.reason_key,
        func.min(delivery.c.connector).label("connector"),  # a key is of one connector
        _COUNTED,
        func.min(delivery.c.event_id).label("first"),
        func.max(delivery.c.event_id).label("last"),
    )
    .where(_IS_DEAD)
    .group_by(delivery.c.reason_key)
)
_ASIDE = (event.c.state == literal("quarantined"), event.c.state != literal("accepted"))
_OF_CALL = (event.c.source, event.c.name, event.c.faults)
_GROUPED_CALLS = (
    select(
        *_OF_CALL, _COUNTED, func.min(event.c.id).label("first"), func.max(event.c.id).label("last")
    )
    .where(*_ASIDE)
    .group_by(*_OF_CALL)
)
_DEAD_GROUPS = select(func.count(delivery.c.reason_key.distinct())).where(_IS_DEAD)
_QUARANTINED_GROUPS = select(func.count()).select_from(
    select(*_OF_CALL).where(*_ASIDE).distinct().subquery()
)


def _page(grouped: Select[Any], by: Order, tie: str) -> Select[Any]:
    return (
        grouped.order_by(*_in_order(grouped.selected_columns, by, tie))
        .limit(bindparam("most"))
        .offset(bindparam("skip"))
    )


def _in_order(columns: Any, by: Order, tie: str) -> Sequence[ColumnElement[Any]]:
    first, second = ("number", "last") if by == "largest" else ("last", "number")
    return columns[first].desc(), columns[second].desc(), columns[tie]


def _with_reason(grouped: Select[Any], by: Order = "largest") -> Select[Any]:
    """That of the newest delivery of each."""
    of = grouped.subquery("grouped")
    newest = (_IS_DEAD, delivery.c.reason_key == of.c.reason_key, delivery.c.event_id == of.c.last)
    reason = (
        select(delivery.c.reason)
        .where(*newest)
        .order_by(delivery.c.id.desc())
        .limit(1)
        .correlate(of)
        .scalar_subquery()
    )
    return select(of, reason.label("reason")).order_by(*_in_order(of.c, by, "reason_key"))


_ORDERS: tuple[Order, ...] = ("largest", "newest")
_DEAD = {by: _with_reason(_page(_GROUPED_DEAD, by, "reason_key"), by) for by in _ORDERS}
_DEAD_ONE = _with_reason(_GROUPED_DEAD.where(delivery.c.reason_key == bindparam("id")))
_QUARANTINED = {by: _page(_GROUPED_CALLS, by, "source") for by in _ORDERS}
_OF_SOURCE = _page(_GROUPED_CALLS.where(event.c.source == bindparam("source")), "largest", "source")
