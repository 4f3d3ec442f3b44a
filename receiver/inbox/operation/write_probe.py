"""A row that is written to see whether the store can be written."""

from __future__ import annotations

from datetime import datetime

from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.tables import pulse
from receiver.inbox.db.timestamps import to_micros
from receiver.inbox.db.transaction import Transaction

_ROOM = 1024 * 1024


def probe_writing(transaction: Transaction, *, now: datetime, doubtful: bool) -> None:
    """Write a row to see whether the store can be written; `doubtful`: writing failed lately.

    A few bytes may fit on a disk that is full, so then prove that there is room for a large event.
    """
    values = {"id": 1, "at": to_micros(now), "padding": bytes(_ROOM) if doubtful else None}
    new = insert_statement(transaction.connection.dialect, pulse).values(values)
    transaction.connection.execute(
        new.on_conflict_do_update(
            index_elements=["id"], set_={name: new.excluded[name] for name in ("at", "padding")}
        )
    )
