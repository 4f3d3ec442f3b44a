"""What the CRMs hold of ours: the ids that they gave our records, which event set which field, and
what these are tied to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Final

from sqlalchemy import Row, Select, Table, bindparam, delete, exists, select
from sqlalchemy.sql.elements import ColumnElement

from receiver.inbox.db.bulk_statements import LINKS, REMOTES
from receiver.inbox.db.storable_text import storable_text, storable_text_or_none
from receiver.inbox.db.tables import remote, remote_link
from receiver.inbox.db.timestamps import to_micros
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.lanes.field_versions import FieldVersions, decode_versions, encode_versions

RecordRef = tuple[str, str]
"""(object, key)"""

Key = tuple[str, str, str]
"""(connector, object, key)"""

# keys in one statement: databases bound the number of its parameters, SQLite to 32,766
AT_ONCE: Final = 500
_LONGEST: Final = 1200  # bytes; PostgreSQL's indexes refuse keys of more than 2,700


@dataclass(frozen=True, slots=True)
class RecordState:
    """`links`: what the record is tied to → the id that it was tied to.

    `digest` is of what was written last. `former_key`: what the record is known by, where the CRM
    has not got its new key yet.
    """

    id: str
    links: Mapping[str, str]
    event_id: str
    stamps: FieldVersions
    digest: str | None = None
    former_key: str | None = None


@dataclass(frozen=True, slots=True)
class RecordStateRow:
    """A record that the CRM holds, all that is to be known of it; `add_links` are added to those
    that are known.

    `event_id` and `lane_id` are of the newest event behind it. By `digest` its writer knows again
    what it wrote. A record with a key or a link of more than 1,200 bytes is not remembered, which
    costs a look-up and does no harm. `former_key`: what it was known by before; that leads to it no
    more.
    """

    object: str
    key: str
    id: str
    event_id: str
    lane_id: int
    stamps: FieldVersions = field(default_factory=dict)
    add_links: Mapping[str, str] = field(default_factory=dict)
    digest: str | None = None
    former_key: str | None = None


def find_record_states(
    transaction: Transaction, connector: str, refs: Collection[RecordRef]
) -> dict[RecordRef, RecordState]:
    """What is known of these records; those that were never written are missing."""
    keys = [(connector, *ref) for ref in sorted(set(refs))]
    rows = list(_rows(transaction, _REMOTES, keys))
    links: dict[RecordRef, dict[str, str]] = {}
    for row in _rows(transaction, _LINKS, [(connector, row.object, row.key) for row in rows]):
        links.setdefault((row.object, row.key), {})[row.link] = row.target_id
    return {(row.object, row.key): _remote(row, links) for row in rows}


def keep_record_states(
    transaction: Transaction, connector: str, written: Sequence[RecordStateRow], *, now: datetime
) -> None:
    """Keep what the CRM holds; only its connector's leader tells that.

    In the order of the keys, as everybody locks them.
    """
    rows: dict[Key, tuple[object, ...]] = {}
    links: dict[tuple[str, str, str, str], str] = {}
    former = [
        {"of": connector, "object": row.object, "former": row.former_key, "id": row.id}
        for row in written
        if row.former_key
    ]
    if former:
        transaction.connection.execute(_FORGET_LINKS, former)
        transaction.connection.execute(_FORGET, former)
    for row in written:
        if _bytes(row.object) + _bytes(row.key) > _LONGEST:
            continue
        key = (connector, storable_text(row.object), storable_text(row.key))
        values = (
            row.lane_id,
            row.event_id,
            storable_text_or_none(row.digest),
            to_micros(now),
            encode_versions(row.stamps),
        )
        rows[key] = (*key, storable_text(row.id), *values)
        links |= {
            (*key, storable_text(name)): storable_text(id)
            for name, id in row.add_links.items()
            if _bytes(name) <= _LONGEST
        }
    REMOTES.execute(transaction.connection, [rows[key] for key in sorted(rows)])
    LINKS.execute(transaction.connection, [(*key, links[key]) for key in sorted(links)])


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _remote(
    row: Row[tuple[object, ...]], links: Mapping[RecordRef, Mapping[str, str]]
) -> RecordState:
    return RecordState(
        row.id,
        links.get((row.object, row.key), {}),
        row.event_id,
        decode_versions(row.stamps),
        row.digest,
    )


def _rows(
    transaction: Transaction, statement: Select[tuple[object, ...]], keys: list[Key]
) -> Iterator[Row[tuple[object, ...]]]:
    for (connector, object), group in groupby(keys, key=lambda key: key[:2]):
        names = [key for _, _, key in group]
        for start in range(0, len(names), AT_ONCE):
            values = {"of": connector, "object": object, "keys": names[start : start + AT_ONCE]}
            yield from transaction.connection.execute(statement, values)


def _of(table: Table) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.connector == bindparam("of"),
        table.c.object == bindparam("object"),
        table.c.key.in_(bindparam("keys", expanding=True)),
    )


_FORMER = (
    remote.c.connector == bindparam("of"),
    remote.c.object == bindparam("object"),
    remote.c.key == bindparam("former"),
    remote.c.id == bindparam("id"),
)
_FORGET = delete(remote).where(*_FORMER)
_FORGET_LINKS = delete(remote_link).where(
    remote_link.c.connector == bindparam("of"),
    remote_link.c.object == bindparam("object"),
    remote_link.c.key == bindparam("former"),
    exists().where(*_FORMER),
)
_REMOTES = select(remote).where(*_of(remote))
_LINKS = select(remote_link).where(*_of(remote_link))
