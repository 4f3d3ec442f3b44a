"""Which alarms were told by which channel, so that neither a restart nor another process tells them
again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.tables import sent_alarm
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


def find_sent_alarms(transaction: Transaction, channel: str) -> list[SentAlarm]:
    """All of a channel that are not over, in the order of their keys."""
    rows = select(sent_alarm).where(sent_alarm.c.channel == channel).order_by(sent_alarm.c.key)
    return [
        SentAlarm(row.key, row.about, from_micros(row.told_at))
        for row in transaction.connection.execute(rows)
    ]


def keep_sent_alarm(
    transaction: Transaction, channel: str, key: str, about: str, *, now: datetime
) -> None:
    """Remember that it was told, or told again."""
    new = insert_statement(transaction.connection.dialect, sent_alarm).values(
        channel=channel, key=storable_text(key), about=storable_text(about), told_at=to_micros(now)
    )
    values = {name: new.excluded[name] for name in ("about", "told_at")}
    transaction.connection.execute(
        new.on_conflict_do_update(index_elements=["channel", "key"], set_=values)
    )


def forget_sent_alarm(transaction: Transaction, channel: str, key: str) -> None:
    """Forget an alarm that is over, once that was told too."""
    of_it = (sent_alarm.c.channel == channel) & (sent_alarm.c.key == storable_text(key))
    transaction.connection.execute(delete(sent_alarm).where(of_it))


def hand_over_channels(transaction: Transaction, to: Collection[str]) -> None:
    """What was told by channels that are no more counts as told by these: they tell its end."""
    gone = sent_alarm.c.channel.not_in(list(to))
    told = transaction.connection.execute(select(sent_alarm).where(gone)).all()
    rows = {
        (channel, row.key): {
            "channel": channel,
            "key": row.key,
            "about": row.about,
            "told_at": row.told_at,
        }
        for channel in to
        for row in told
    }
    if rows:
        new = insert_statement(transaction.connection.dialect, sent_alarm)
        transaction.connection.execute(new.values([*rows.values()]).on_conflict_do_nothing())
    transaction.connection.execute(delete(sent_alarm).where(gone))
