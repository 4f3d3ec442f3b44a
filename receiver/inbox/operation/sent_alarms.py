"""Which alarms were told, so that neither a restart nor another process tells them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.tables import alarm
from receiver.inbox.db.timestamps import from_micros, to_micros
from receiver.inbox.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SentAlarm:
    """An alarm that was told and is not over.

    `about` is what was told, in the words of whoever told it.
    """

    key: str
    about: str
    at: datetime


def find_sent_alarms(transaction: Transaction) -> list[SentAlarm]:
    """All that are not over, in the order of their keys."""
    return [
        SentAlarm(row.key, row.about, from_micros(row.told_at))
        for row in transaction.connection.execute(select(alarm).order_by(alarm.c.key))
    ]


def keep_sent_alarm(transaction: Transaction, key: str, about: str, *, now: datetime) -> None:
    """Remember that it was told, or told again."""
    new = insert_statement(transaction.connection.dialect, alarm).values(
        key=storable_text(key), about=storable_text(about), told_at=to_micros(now)
    )
    values = {name: new.excluded[name] for name in ("about", "told_at")}
    transaction.connection.execute(new.on_conflict_do_update(index_elements=["key"], set_=values))


def forget_sent_alarm(transaction: Transaction, key: str) -> None:
    """Forget an alarm that is over, once that was told too."""
    transaction.connection.execute(delete(alarm).where(alarm.c.key == storable_text(key)))
