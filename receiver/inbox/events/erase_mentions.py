"""The address of an erased person in rows that are not theirs: attempts, reasons, links, states of
connectors, drift.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Column, Table, and_, delete, func, or_, select, tuple_, update
from sqlalchemy.sql.elements import ColumnElement

from receiver.inbox.db.tables import (
    attempt,
    connector_state,
    delivery,
    drift,
    event,
    event_person,
    profile_course,
    remote_link,
)
from receiver.inbox.db.transaction import Transaction, TransactionRunner
from receiver.text.known_address import address_forms, scrub_address

_CHUNK: Final = 25  # rows that are read and written at once


@dataclass(frozen=True, slots=True)
class AddressMention:
    """A row outside of the events that holds the address, as it was read, and what its texts
    become.
    """

    table: Table
    row: Mapping[str, Any]
    texts: Mapping[str, str | None]


async def erase_mentions(read: TransactionRunner, write: TransactionRunner, address: str) -> int:
    """Take a person's address out of others' rows. Returns in how many it stood.

    Those that somebody changes meanwhile are looked at again.
    """
    total = 0
    for table in _PLACES:
        keys = await read(partial(mentioning_rows, table=table, address=address))
        while keys:
            chunk, keys = keys[:_CHUNK], keys[_CHUNK:]
            rows = await read(partial(rows_of, table=table, keys=chunk))
            found = await asyncio.to_thread(mentions_in, table, rows, address)
            if found:
                done, changed = await write(partial(scrub_mentions, found=found))
                total += done
                keys += changed
    return total


def mentioning_rows(transaction: Transaction, table: Table, address: str) -> list[tuple[Any, ...]]:
    """The keys of rows of other people, and of none, that hold the address.

    Reads the table as a whole.
    """
    where = or_(*(text_holds(column, address) for column in _PLACES[table]))
    return [
        tuple(row)
        for row in transaction.connection.execute(select(*table.primary_key).where(where))
    ]


def rows_of(
    transaction: Transaction, table: Table, keys: Sequence[tuple[Any, ...]]
) -> list[Mapping[str, Any]]:
    """The rows of these keys that are there."""
    found = select(table).where(tuple_(*table.primary_key).in_(list(keys)))
    return [dict(row) for row in transaction.connection.execute(found).mappings()]


def mentions_in(
    table: Table, rows: Iterable[Mapping[str, Any]], address: str
) -> list[AddressMention]:
    """What the texts of these rows become; but for rows with another one's address that holds this
    one. Touches no store.
    """
    found = [
        AddressMention(
            table,
            row,
            {column.name: scrub_column(row, column, address) for column in _PLACES[table]},
        )
        for row in rows
    ]
    return [one for one in found if any(one.row[name] != text for name, text in one.texts.items())]


def scrub_mentions(
    transaction: Transaction, found: Iterable[AddressMention]
) -> tuple[int, list[tuple[Any, ...]]]:
    """Replace the address in these rows.

    A link to the person goes as a whole. Returns the keys of rows that are no longer as read.
    """
    count = 0
    changed: list[tuple[Any, ...]] = []
    for mention in found:
        key = {column.name: mention.row[column.name] for column in mention.table.primary_key}
        where = and_(
            row_is(mention.table, key),
            row_is(mention.table, {name: mention.row[name] for name in mention.texts}),
        )
        gone = mention.table in (remote_link, drift)
        statement = (
            delete(mention.table).where(where)
            if gone
            else update(mention.table).where(where).values(mention.texts)
        )
        done = transaction.connection.execute(statement).rowcount
        count += done
        changed += [] if done else [tuple(key.values())]
    return count, changed


def row_is(table: Table, values: Mapping[str, Any]) -> ColumnElement[bool]:
    """The condition that finds the row with these values."""
    return and_(*(table.c[name] == values[name] for name in values))


def text_holds(column: ColumnElement[Any], address: str) -> ColumnElement[bool]:
    """Whether a column may hold the address; what is found so may yet be another one's."""
    return or_(
        *(
            func.lower(column).contains(form, autoescape=True)
            for form in sorted(address_forms(address))
        )
    )


def scrub_column(row: Mapping[str, Any], column: Column[Any], address: str) -> str | None:
    """The column's text with the address replaced."""
    text: str | None = row[column.name]
    return None if text is None else scrub_address(text, address, in_path=column in _PATHS)


_PATHS: Final = frozenset({event.c.unknown, event.c.faults, attempt.c.field, drift.c.path})

_PLACES: Final[dict[Table, tuple[Column[Any], ...]]] = {
    attempt: (attempt.c.code, attempt.c.message, attempt.c.field, attempt.c.sent, attempt.c.notes),
    delivery: (delivery.c.reason, delivery.c.address),
    event_person: (event_person.c.address,),
    remote_link: (remote_link.c.link,),
    connector_state: (connector_state.c.reason, connector_state.c.note),
    drift: (drift.c.path,),
    profile_course: (profile_course.c.name,),
}
