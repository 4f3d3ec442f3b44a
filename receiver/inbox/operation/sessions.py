"""Who is signed in at the console: sessions that survive a restart, and can be ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, delete, insert, select, update

from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.tables import session
from receiver.inbox.db.timestamps import from_micros, to_micros
from receiver.inbox.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class KeptSession:
    """Somebody who signed in `since`, until `ends`. `id` and `token` are digests: neither what the
    browser keeps nor the token can be read from them.
    """

    id: str
    operator: str
    token: str
    since: datetime
    used_at: datetime
    ends: datetime


def keep_session(transaction: Transaction, kept: KeptSession) -> None:
    """Keep a new one."""
    values = {
        "id": kept.id,
        "operator": kept.operator,
        "token": kept.token,
        "since": to_micros(kept.since),
        "used_at": to_micros(kept.used_at),
        "ends": to_micros(kept.ends),
    }
    transaction.connection.execute(insert(session).values(values))


def find_session(transaction: Transaction, id: str) -> KeptSession | None:
    """Whatever its end is; None where there is none."""
    row = transaction.connection.execute(
        select(session).where(session.c.id == storable_text(id))
    ).one_or_none()
    return _session(row) if row else None


def touch_session(transaction: Transaction, id: str, *, now: datetime) -> None:
    """Note that it was used."""
    transaction.connection.execute(
        update(session).where(session.c.id == id).values(used_at=to_micros(now))
    )


def end_session(transaction: Transaction, id: str) -> bool:
    """It is not taken any more; False where there is none."""
    return (
        transaction.connection.execute(
            delete(session).where(session.c.id == storable_text(id))
        ).rowcount
        > 0
    )


def list_sessions(transaction: Transaction, *, now: datetime) -> Sequence[KeptSession]:
    """Those that have not run out, the newest first."""
    statement = select(session).where(session.c.ends > to_micros(now))
    order = (session.c.since.desc(), session.c.id)
    return [_session(row) for row in transaction.connection.execute(statement.order_by(*order))]


def purge_sessions(transaction: Transaction, *, now: datetime) -> None:
    """Remove those that have run out."""
    transaction.connection.execute(delete(session).where(session.c.ends <= to_micros(now)))


def _session(row: Row[object]) -> KeptSession:
    return KeptSession(
        row.id,
        row.operator,
        row.token,
        from_micros(row.since),
        from_micros(row.used_at),
        from_micros(row.ends),
    )
