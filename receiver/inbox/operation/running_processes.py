"""Which processes work on this store now, and by which configuration each does.

Times are the database's own on PostgreSQL, so that processes with different clocks agree.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.tables import process
from receiver.inbox.db.timestamps import from_micros, from_micros_or_none, to_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.operation.leadership import database_now

GONE_AFTER: Final = timedelta(seconds=60)
"""Who has not announced itself for so long is gone."""


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """One process and the configuration by which it works, as a digest that holds no secret.

    `parent` is the same for the workers of one gateway. `refused_at`: it was to take another
    configuration over and could not; `faults` say why, each with its place, words and remedy.
    """

    name: str
    parent: str
    digest: str
    since: datetime
    refused_at: datetime | None = None
    faults: tuple[tuple[str, str, str], ...] = ()


def announce_process(transaction: Transaction, running: RunningProcess, *, now: datetime) -> None:
    """Let the others know of this process, and forget those that are gone.

    Nothing of it may hold a secret.
    """
    at = database_now(transaction, now)
    values = {
        "name": running.name,
        "parent": running.parent,
        "digest": running.digest,
        "since": to_micros(running.since),
        "seen_at": at,
        "refused_at": to_micros(running.refused_at) if running.refused_at else None,
        "faults": storable_text(json.dumps(running.faults, ensure_ascii=False)),
    }
    new = insert_statement(transaction.connection.dialect, process).values(values)
    updated = {name: new.excluded[name] for name in values if name != "name"}
    transaction.connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=updated))
    gone = at - GONE_AFTER // timedelta(microseconds=1)
    transaction.connection.execute(delete(process).where(process.c.seen_at < gone))


def withdraw_process(transaction: Transaction, name: str) -> None:
    """Forget a process that ends."""
    transaction.connection.execute(delete(process).where(process.c.name == name))


def forget_processes(transaction: Transaction) -> None:
    """Forget all that announced themselves."""
    transaction.connection.execute(delete(process))


def list_processes(transaction: Transaction, *, now: datetime) -> Sequence[RunningProcess]:
    """All that announced themselves lately, by their names."""
    gone = database_now(transaction, now) - GONE_AFTER // timedelta(microseconds=1)
    rows = transaction.connection.execute(
        select(process).where(process.c.seen_at >= gone).order_by(process.c.name)
    )
    return [
        RunningProcess(
            row.name,
            row.parent,
            row.digest,
            from_micros(row.since),
            from_micros_or_none(row.refused_at),
            tuple((where, words, remedy) for where, words, remedy in json.loads(row.faults)),
        )
        for row in rows
    ]
