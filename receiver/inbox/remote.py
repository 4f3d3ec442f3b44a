"""What the CRMs hold of ours: the ids that they gave our records, which event set which field, and which links are known to be there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from sqlalchemy import Row, Select, Table, bindparam, select
from sqlalchemy.sql.elements import ColumnElement

from receiver.inbox.stamps import OTHERS, Stamp, Stamps, decode, is_newer, of, stands_against
from receiver.inbox.tables import remote, remote_link
from receiver.inbox.transaction import Transaction

Ref = tuple[str, str]
"""(object, key)"""

Key = tuple[str, str, str]
"""(connector, object, key)"""

AT_ONCE: Final = 500  # keys in one statement: databases bound the number of its parameters, SQLite to 32,766


@dataclass(frozen=True, slots=True)
class Remote:
    """`event_id` is the newest that wrote the record, and `lane_id` is its lane. `stamps` hold `OTHERS` where it is not known which
    fields were set. `version` grows whenever it is told that fields were written.
    """

    id: str
    links: frozenset[str]
    lane_id: int
    event_id: str
    stamps: Stamps
    mark: str | None = None
    version: int = 0

    def superseded(self, stamps: Stamps, horizon: str) -> frozenset[str]:
        """Which of these fields must not be written any more."""
        if not any(is_newer(self.event_id, stamp.event_id) for stamp in stamps.values()):
            return frozenset()
        known = ((name, stamp, of(self.stamps, name)) for name, stamp in stamps.items())
        return frozenset(name for name, stamp, before in known if before and stands_against(before, stamp, horizon))


def remotes(transaction: Transaction, connector: str, refs: Collection[Ref]) -> dict[Ref, Remote]:
    """What is known of these records; those that were never written are missing."""
    keys = [(connector, *ref) for ref in sorted(set(refs))]
    links: dict[Ref, set[str]] = {}
    for row in _rows(transaction, _LINKS, keys):
        links.setdefault((row.object, row.key), set()).add(row.link)
    return {(row.object, row.key): _remote(row, links) for row in _rows(transaction, _REMOTES, keys)}


def locked(transaction: Transaction, keys: Collection[Key]) -> dict[Key, Remote]:
    """What is known of these records, but for their links; nobody else can tell anything of them until we commit.

    Always locked in the same order, so that nobody waits in a circle.
    """
    return {(row.connector, row.object, row.key): _remote(row, {}) for row in _rows(transaction, _LOCK, sorted(keys))}


def _remote(row: Row[tuple[object, ...]], links: dict[Ref, set[str]]) -> Remote:
    stamps = decode(row.stamps) if row.stamps else {OTHERS: Stamp(row.event_id, row.lane_id)}
    tied = frozenset(links.get((row.object, row.key), ()))
    return Remote(row.id, tied, row.lane_id, row.event_id, stamps, row.mark, row.written_at)


def _rows(transaction: Transaction, statement: Select[tuple[object, ...]], keys: list[Key]) -> Iterator[Row[tuple[object, ...]]]:
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


_REMOTES = select(remote).where(*_of(remote))
_LINKS = select(remote_link).where(*_of(remote_link))
_LOCK = _REMOTES.order_by(remote.c.key).with_for_update()
