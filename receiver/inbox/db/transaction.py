"""One transaction, and whom it wakes once it is committed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection, func, select

T = TypeVar("T")

CHANNEL: Final = "aom_gateway_inbox"
"""Where PostgreSQL tells the other processes; the payload is a JSON list: the sender, then
connectors, or ERASURE.
"""

ERASURE: Final = "*erasure"
"""Somebody was erased; no connector has such a name."""


@dataclass(slots=True)
class Transaction:
    """What store functions write with.

    A connector in `woken` is told after the commit that it may have work.
    """

    connection: Connection
    woken: set[str] = field(default_factory=set)


class TransactionRunner(Protocol):
    """Runs work in a transaction of its own, on a thread: to read, or to write."""

    async def __call__(self, work: Callable[[Transaction], T], /) -> T: ...


@contextmanager
def open_transaction(connection: Connection, sender: str) -> Iterator[Transaction]:
    """Commit at the end, with the wake-ups for other processes in the same commit."""
    with connection.begin():
        current = Transaction(connection)
        yield current
        if current.woken and connection.dialect.name == "postgresql":
            connection.execute(
                select(func.pg_notify(CHANNEL, json.dumps([sender, *sorted(current.woken)])))
            )
