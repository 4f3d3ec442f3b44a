"""Who delivers for a connector: one process at a time, by a row that is taken, renewed and given
back.

Times are the database's own on PostgreSQL, so that processes with different clocks agree.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    BindParameter,
    and_,
    bindparam,
    cast,
    extract,
    func,
    null,
    select,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from receiver.inbox.db.bulk_statements import insert_statement
from receiver.inbox.db.tables import delivery, leadership
from receiver.inbox.db.timestamps import to_micros
from receiver.inbox.db.transaction import Transaction

_SECOND: Final = 1_000_000


def process_name() -> str:
    """By which operators know this process: its host and number."""
    return f"{socket.gethostname()}:{os.getpid()}"


def role_of(connector: str) -> str:
    """The role of delivering for a connector."""
    return f"connector {connector}"


@dataclass(frozen=True, slots=True)
class LeaderTerm:
    """The time for which one process leads. `epoch` grows with each; whoever settles names it.

    `calls_end_in`: so many seconds may calls of the one before still be under way. `clean` where it
    gave back: nothing that is pending can have been written without its being known.
    `doubtful_to` is the newest delivery that may have been written unseen, 0 where it is clean.
    """

    epoch: int
    calls_end_in: float = 0.0
    clean: bool = True
    doubtful_to: int = 0


@dataclass(frozen=True, slots=True)
class Leader:
    """Who leads, by the name that the process goes by; None where nobody does."""

    role: str
    holder: str | None


def take_lead(
    transaction: Transaction,
    role: str,
    *,
    holder: str,
    lease: timedelta,
    alone: bool,
    now: datetime,
) -> LeaderTerm | None:
    """Lead from now on; None where another does.

    `alone` says that no other process can be alive on this store, whatever its row says.
    """
    connection = transaction.connection
    new = insert_statement(connection.dialect, leadership).values(role=role, epoch=0)
    connection.execute(new.on_conflict_do_nothing())
    before = connection.execute(_ROW, {"of": role}).one_or_none()
    if before is None:
        return None  # somebody is settling, and leads
    at = database_now(transaction, now)
    if before.holder is not None and before.until > at and not alone:
        return None
    connection.execute(_TAKE, {"of": role, "by": holder, "to": at + _micros(lease)})
    clean = before.holder is None and before.calls_end is None
    left = max(0, (before.calls_end or 0) - at) / _SECOND
    newest = 0 if clean else connection.scalar(_NEWEST_DELIVERY) or 0
    return LeaderTerm(before.epoch + 1, left, clean, newest)


def renew_lead(
    transaction: Transaction,
    role: str,
    epoch: int,
    *,
    lease: timedelta,
    calls_end_in: float | None,
    now: datetime,
) -> str | None:
    """Go on leading. None where another has taken over; else the rival that asks for it, or "".

    `calls_end_in`: by then every call that is under way or may begin before the next renewal is
    over.
    """
    at = database_now(transaction, now)
    end = None if calls_end_in is None else at + round(calls_end_in * _SECOND)
    values = {"of": role, "in_epoch": epoch, "to": at + _micros(lease), "end": end}
    row = transaction.connection.execute(_RENEW, values).one_or_none()
    return None if row is None else row.rival or ""


def give_back_lead(
    transaction: Transaction, role: str, epoch: int, *, calls_end_in: float | None, now: datetime
) -> None:
    """Let another lead at once. Calls that were cut short may be under way for so many seconds."""
    end = (
        None
        if calls_end_in is None
        else database_now(transaction, now) + round(calls_end_in * _SECOND)
    )
    transaction.connection.execute(_GIVE_BACK, {"of": role, "in_epoch": epoch, "end": end})


def end_term(transaction: Transaction, role: str) -> None:
    """Whoever leads has lost the lead, and settles nothing of what is under way; anybody takes it,
    who knows then that calls may be under way still.
    """
    transaction.connection.execute(_END_TERM, {"of": role})


def ask_for_lead(transaction: Transaction, role: str, rival: str) -> None:
    """Tell the leader that a process which leads less would take the role."""
    transaction.connection.execute(_ASK, {"of": role, "by": rival})


def is_current(transaction: Transaction, role: str, epoch: int) -> bool:
    """Whether the epoch is the newest; nobody takes over until the transaction ends."""
    return transaction.connection.scalar(_EPOCH, {"of": role}) == epoch


def list_leaders(transaction: Transaction) -> list[Leader]:
    """Who leads which role, of all roles that were ever led."""
    return [Leader(row.role, row.holder) for row in transaction.connection.execute(_LEADERS)]


def _micros(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


def database_now(transaction: Transaction, now: datetime) -> int:
    """Microseconds since 1970 by the clock that all processes on this store share."""
    if transaction.connection.dialect.name != "postgresql":
        return to_micros(now)
    return transaction.connection.scalar(_DATABASE_NOW) or 0


_DATABASE_NOW = select(cast(extract("epoch", func.clock_timestamp()) * _SECOND, BigInteger))
_NEWEST_DELIVERY = select(func.max(delivery.c.id))
_THIS: ColumnElement[bool] = leadership.c.role == bindparam("of")
# Whoever settles holds the row (`_EPOCH`), and so leads: nobody waits for it here.
_ROW = select(leadership).where(_THIS).with_for_update(skip_locked=True)
# Shared: settlements do not wait for each other, and no epoch begins until they are committed.
_EPOCH = select(leadership.c.epoch).where(_THIS).with_for_update(read=True)
_LEADERS = select(leadership.c.role, leadership.c.holder)
_END: BindParameter[Any] = bindparam("end", type_=BigInteger)
_TAKE = (  # under the lock of `_ROW`, or two would take the same epoch
    update(leadership)
    .where(_THIS)
    .values(
        holder=bindparam("by"), epoch=leadership.c.epoch + 1, until=bindparam("to"), rival=null()
    )
)
_MINE = and_(_THIS, leadership.c.epoch == bindparam("in_epoch", type_=BigInteger))
_RENEW = (
    update(leadership)
    .where(_MINE)
    .values(until=bindparam("to"), calls_end=_END)
    .returning(leadership.c.rival)
)
_GIVE_BACK = update(leadership).where(_MINE).values(holder=null(), until=null(), calls_end=_END)
_END_TERM = update(leadership).where(_THIS).values(epoch=leadership.c.epoch + 1, until=0)
_ASK = update(leadership).where(_THIS).values(rival=bindparam("by"))
