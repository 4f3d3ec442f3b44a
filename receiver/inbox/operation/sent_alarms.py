"""Which alarms were told, so that neither a restart nor another process tells them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import delete, select

from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.tables import alarm
from receiver.inbox.db.timestamps import from_micros, to_micros
from receiver.inbox.db.transaction import Transaction, TransactionRunner


@dataclass(frozen=True, slots=True)
class SentAlarm:
    """An alarm that was told and is not over.

    `about` is what was told, in the words of whoever told it.
    """

    key: str
    about: str
    at: datetime


class SentAlarms:
    """The alarms that were told and are not over. Raises StoreUnavailable."""

    def __init__(self, read: TransactionRunner, write: TransactionRunner) -> None:
        self._read = read
        self._write = write

    async def find(self) -> list[SentAlarm]:
        """All of them, in the order of their keys."""
        return await self._read(_find)

    async def keep(self, key: str, about: str, *, now: datetime) -> None:
        """Remember that an alarm was told, or told again.

        `about` stays as long as the alarm: it must hold no personal data.
        """
        await self._write(partial(_keep, key=key, about=about, now=now))

    async def forget(self, key: str) -> None:
        """An alarm is over, and that was told too."""
        await self._write(partial(_forget, key=key))


def _find(transaction: Transaction) -> list[SentAlarm]:
    return [
        SentAlarm(row.key, row.about, from_micros(row.told_at))
        for row in transaction.connection.execute(select(alarm).order_by(alarm.c.key))
    ]


def _keep(transaction: Transaction, key: str, about: str, *, now: datetime) -> None:
    new = insert_statement(transaction.connection.dialect, alarm).values(
        key=storable_text(key), about=storable_text(about), told_at=to_micros(now)
    )
    values = {name: new.excluded[name] for name in ("about", "told_at")}
    transaction.connection.execute(new.on_conflict_do_update(index_elements=["key"], set_=values))


def _forget(transaction: Transaction, key: str) -> None:
    transaction.connection.execute(delete(alarm).where(alarm.c.key == storable_text(key)))
