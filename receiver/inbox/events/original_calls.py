"""Calls as they came, beside what an operator amended them to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, literal, select

from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.tables import event, original
from receiver.inbox.db.timestamps import from_micros, to_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.events.erase_payload import payload_names


@dataclass(frozen=True, slots=True)
class OriginalCall:
    """`named` is the name in the URL as it came."""

    named: str | None
    body: bytes
    amended_at: datetime


def keep_original(transaction: Transaction, id: str, *, now: datetime) -> None:
    """Before the first amendment; what is kept already is what came."""
    dialect = transaction.connection.dialect
    as_it_is = select(event.c.id, event.c.named, event.c.body, literal(to_micros(now))).where(
        event.c.id == id
    )
    new = insert_statement(dialect, original).from_select(
        ["event_id", "named", "body", "amended_at"], as_it_is
    )
    transaction.connection.execute(new.on_conflict_do_nothing())


def original_of(transaction: Transaction, id: str) -> OriginalCall | None:
    row = transaction.connection.execute(_ORIGINAL, {"of": id}).one_or_none()
    return OriginalCall(row.named, row.body, from_micros(row.amended_at)) if row else None


def originals_with(transaction: Transaction, address: str) -> list[str]:
    """The events whose call as it came holds the address, whoever's they are.

    They are few, and looked through as a whole.
    """
    return [
        row.event_id
        for row in transaction.connection.execute(select(original))
        if _holds(row, address)
    ]


def remove_originals(transaction: Transaction, ids: Sequence[str]) -> int:
    """Remove what amended events were before. Returns how many there were."""
    return transaction.connection.execute(
        delete(original).where(original.c.event_id.in_(ids))
    ).rowcount


def _holds(row: Row[Any], address: str) -> bool:
    return payload_names(row.body, address) or address in (row.named or "").lower()


_ORIGINAL = select(original).where(original.c.event_id == bindparam("of"))
