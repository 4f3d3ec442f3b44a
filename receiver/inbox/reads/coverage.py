"""Which connectors events have reached, so that a replay can bring them to those that were added
later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, select

from receiver.inbox.db.event_filter import EventFilter, PageTurn, select_page
from receiver.inbox.db.tables import delivery, event, literal
from receiver.inbox.db.timestamps import from_micros
from receiver.inbox.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class EventCoverage:
    """An accepted event, and the connectors at which it has deliveries."""

    id: str
    source: str
    name: str
    people: int
    connectors: frozenset[str]


@dataclass(frozen=True, slots=True)
class StoredCall:
    """An event as it came."""

    id: str
    source: str
    named: str | None
    body: bytes
    received_at: datetime


def list_coverage(
    transaction: Transaction, chosen: EventFilter, *, before: str | None, limit: int
) -> tuple[list[EventCoverage], str | None]:
    """A page of them, newest first, and what to give as `before` for the next; None on the last."""
    ids: list[str] = list(
        transaction.connection.scalars(select_page(chosen, PageTurn(limit + 1, before, None)))
    )
    return list(_reached(transaction, ids[:limit])), ids[limit - 1] if len(ids) > limit else None


def find_calls(transaction: Transaction, ids: Sequence[str]) -> list[StoredCall]:
    """The calls of these events, where they are accepted."""
    rows = transaction.connection.execute(_BODIES, {"ids": list(ids)})
    return [
        StoredCall(row.id, row.source, row.named, row.body, from_micros(row.received_at))
        for row in rows
    ]


_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_ACCEPTED = (event.c.id.in_(_IDS), event.c.state == literal("accepted"))
_ROWS = (
    select(event.c.id, event.c.source, event.c.name, event.c.people)
    .where(*_ACCEPTED)
    .order_by(event.c.id.desc())
)
_AT = (
    select(delivery.c.event_id, delivery.c.connector)
    .where(delivery.c.event_id.in_(_IDS))
    .distinct()
)
_BODIES = (
    select(event.c.id, event.c.source, event.c.named, event.c.body, event.c.received_at)
    .where(*_ACCEPTED)
    .order_by(event.c.id)
)


def _reached(transaction: Transaction, ids: Sequence[str]) -> Iterable[EventCoverage]:
    found: dict[str, set[str]] = {}
    for at in transaction.connection.execute(_AT, {"ids": list(ids)}):
        found.setdefault(at.event_id, set()).add(at.connector)
    for row in transaction.connection.execute(_ROWS, {"ids": list(ids)}):
        yield EventCoverage(
            row.id, row.source, row.name, row.people, frozenset(found.get(row.id, ()))
        )
