"""The alarms that hold now, and which of them an operator has silenced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.tables import alarm
from receiver.inbox.db.timestamps import from_micros, to_micros
from receiver.inbox.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class FiringAlarm:
    """An alarm that is not over. `about` is in the words of whoever found it.

    One that was acknowledged is not told again until it is over and comes again; a snoozed one not
    before its time.
    """

    key: str
    about: str
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None


def find_firing_alarms(transaction: Transaction) -> list[FiringAlarm]:
    """All, in the order of their keys."""
    return [
        FiringAlarm(
            row.key,
            row.about,
            from_micros(row.acknowledged_at) if row.acknowledged_at else None,
            from_micros(row.snoozed_until) if row.snoozed_until else None,
        )
        for row in transaction.connection.execute(select(alarm).order_by(alarm.c.key))
    ]


def keep_firing_alarms(transaction: Transaction, found: Mapping[str, str]) -> None:
    """These hold now, each by its key with what it is about: what is not among them is over, and
    with it what an operator said of it.
    """
    connection = transaction.connection
    wanted = {storable_text(key): storable_text(about) for key, about in found.items()}
    known = {one.key: one.about for one in find_firing_alarms(transaction)}
    for key in sorted(known.keys() - wanted.keys()):
        connection.execute(delete(alarm).where(alarm.c.key == key))
    for key in sorted(wanted):
        if known.get(key) != wanted[key]:
            new = insert_statement(connection.dialect, alarm).values(key=key, about=wanted[key])
            values = {"about": new.excluded.about}
            connection.execute(new.on_conflict_do_update(index_elements=["key"], set_=values))


def acknowledge_alarm(transaction: Transaction, key: str, *, now: datetime) -> bool:
    """False where no such alarm holds."""
    return _silence(transaction, key, acknowledged_at=to_micros(now))


def snooze_alarm(transaction: Transaction, key: str, *, until: datetime) -> bool:
    """False where no such alarm holds."""
    return _silence(transaction, key, snoozed_until=to_micros(until))


def _silence(transaction: Transaction, key: str, **values: int) -> bool:
    changed = transaction.connection.execute(
        update(alarm).where(alarm.c.key == storable_text(key)).values(**values)
    )
    return changed.rowcount > 0
