"""What operators have done: who, what, when, and what came of it. It holds no personal data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import delete, insert, select, update

from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.tables import audit
from receiver.inbox.db.timestamps import from_micros, to_micros
from receiver.inbox.db.transaction import Transaction

KEPT: Final = timedelta(days=400)
"""How long an entry stays: a year, and time to look back at it."""

AuditOutcome = Literal["begun", "done", "failed", "refused"]
"""begun: under way, or the process ended before it was known how it went."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act. `about` is what was asked for, such as a filter; `result` what came of it."""

    id: int
    at: datetime
    who: str
    what: str
    about: Mapping[str, Any]
    outcome: AuditOutcome
    result: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries: those of an operator, at `since` or later, before `until`.

    `acts`: of any of these acts, or of all; `naming`: those whose request names this id.
    """

    who: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    acts: tuple[str, ...] = ()
    naming: str | None = None


def add_entry(
    transaction: Transaction,
    who: str,
    what: str,
    about: Mapping[str, Any],
    outcome: AuditOutcome,
    *,
    now: datetime,
) -> int:
    """Note an act; returns the entry's id, by which `finish_entry` adds what came of it."""
    values = {
        "at": to_micros(now),
        "who": storable_text(who),
        "what": what,
        "about": storable_text(json.dumps(about, ensure_ascii=False)),
        "outcome": outcome,
        "result": "",
    }
    id: int = transaction.connection.execute(
        insert(audit).values(values).returning(audit.c.id)
    ).scalar_one()
    return id


def finish_entry(transaction: Transaction, id: int, outcome: AuditOutcome, result: str) -> None:
    """Note what came of an act."""
    transaction.connection.execute(
        update(audit).where(audit.c.id == id).values(outcome=outcome, result=storable_text(result))
    )


def list_entries(
    transaction: Transaction, chosen: AuditFilter, *, before: int | None, limit: int
) -> Sequence[AuditEntry]:
    """The newest first, with ids below `before`."""
    statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if chosen.who is not None:
        statement = statement.where(audit.c.who == storable_text(chosen.who))
    if chosen.since is not None:
        statement = statement.where(audit.c.at >= to_micros(chosen.since))
    if chosen.until is not None:
        statement = statement.where(audit.c.at < to_micros(chosen.until))
    if chosen.acts:
        statement = statement.where(audit.c.what.in_(map(storable_text, chosen.acts)))
    if chosen.naming is not None:
        statement = statement.where(audit.c.about.contains(chosen.naming, autoescape=True))
    if before is not None:
        statement = statement.where(audit.c.id < before)
    return [
        AuditEntry(
            row.id,
            from_micros(row.at),
            row.who,
            row.what,
            json.loads(row.about),
            row.outcome,
            row.result,
        )
        for row in transaction.connection.execute(statement)
    ]


def purge_entries(transaction: Transaction, *, now: datetime) -> None:
    """Remove what is older than `KEPT`."""
    transaction.connection.execute(delete(audit).where(audit.c.at < to_micros(now - KEPT)))
