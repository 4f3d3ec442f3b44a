"""Which alarms were told, so that neither a restart nor another process tells them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from receiver.inbox.db.bulk_statements import upsert
from receiver.inbox.db.storable_text import storable
from receiver.inbox.db.tables import alarm
from receiver.inbox.db.timestamps import micros, moment
from receiver.inbox.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm that was told and is not over. `about` is what was told, in the words of whoever told it."""

    key: str
    about: str
    at: datetime


def told(transaction: Transaction) -> list[Told]:
    """All that are not over, in the order of their keys."""
    return [Told(row.key, row.about, moment(row.told_at)) for row in transaction.connection.execute(select(alarm).order_by(alarm.c.key))]


def keep_told(transaction: Transaction, key: str, about: str, *, now: datetime) -> None:
    """Remember that it was told, or told again."""
    new = upsert(transaction.connection.dialect, alarm).values(key=storable(key), about=storable(about), told_at=micros(now))
    values = {name: new.excluded[name] for name in ("about", "told_at")}
    transaction.connection.execute(new.on_conflict_do_update(index_elements=["key"], set_=values))


def forget_told(transaction: Transaction, key: str) -> None:
    """It is over, and that was told too."""
    transaction.connection.execute(delete(alarm).where(alarm.c.key == storable(key)))
