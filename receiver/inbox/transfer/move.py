"""A SQLite store moved to PostgreSQL, row by row, and compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Table, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from receiver.inbox.db.engine import StoreEngines, open_engines
from receiver.inbox.db.errors import driver_reason
from receiver.inbox.db.tables import metadata

MOST_ROWS: Final = 1000  # at once
MOST_BYTES: Final = 16 * 1024 * 1024
_STREAMED: Final = {"yield_per": 100}

Progress = Callable[[str, int], None]
"""Called with a table and how many more of its rows are there."""


class MoveFault(Exception):
    """The store was not moved; the text says why. The target is as it was."""


@dataclass(frozen=True, slots=True)
class MovedTable:
    """So many rows, the same in both databases."""

    name: str
    rows: int


def move_store(source: str, target: str, progress: Progress | None = None) -> list[MovedTable]:
    """Copy all tables of the SQLite store into an empty PostgreSQL database, and read them back.

    All or nothing: it is one transaction. The source stays as it is, and must not be in use.
    Raises StoreUnavailable, StoreLocked and MoveFault.
    """
    ours = open_engines(source)
    try:
        theirs = open_engines(target)
        try:
            return _move(ours, theirs, progress or (lambda _table, _rows: None))
        except SQLAlchemyError as error:
            raise MoveFault(f"the move broke off: {driver_reason(error)}") from error
        finally:
            theirs.close()
    finally:
        ours.close()


def _move(source: StoreEngines, target: StoreEngines, progress: Progress) -> list[MovedTable]:
    with source.write.connect() as ours, target.write.begin() as theirs:
        tables = metadata.sorted_tables
        # whoever starts a gateway on it meanwhile waits
        names = ", ".join(f'"{table.name}"' for table in tables)
        theirs.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
        used = [table.name for table in tables if theirs.execute(select(table).limit(1)).first()]
        if used:
            raise MoveFault(
                f"the target holds data already, in {', '.join(used)}; name an empty database"
            )
        moved = [_move_table(ours, theirs, table, progress) for table in tables]
        for table in tables:
            if table.dialect_options["sqlite"]["autoincrement"]:
                _go_on_numbering(ours, theirs, table)
        return moved


def _move_table(
    ours: Connection, theirs: Connection, table: Table, progress: Progress
) -> MovedTable:
    count, sent = 0, hashlib.sha256()
    for rows in _batches(ours, table):
        theirs.execute(insert(table), [dict(row) for row in rows])
        count += len(rows)
        _add(sent, rows)
        progress(table.name, len(rows))
    kept, arrived = 0, hashlib.sha256()
    for rows in _batches(theirs, table):
        kept += len(rows)
        _add(arrived, rows)
    if (kept, arrived.digest()) != (count, sent.digest()):
        raise MoveFault(
            f"{table.name} differs: {count} rows were sent and {kept} came back, or not the same"
        )
    return MovedTable(table.name, count)


def _batches(connection: Connection, table: Table) -> Iterator[Sequence[RowMapping]]:
    """All rows in the order of the key, which both databases compare byte by byte."""
    ordered = select(table).order_by(*table.primary_key.columns)
    batch: list[RowMapping] = []
    size = 0
    for row in connection.execute(ordered, execution_options=_STREAMED).mappings():
        batch.append(row)
        size += sum(len(value) for value in row.values() if isinstance(value, bytes | str))
        if len(batch) == MOST_ROWS or size > MOST_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _add(digest: Any, rows: Sequence[RowMapping]) -> None:
    for row in rows:
        digest.update(repr(tuple(row.values())).encode("utf-8", "surrogatepass"))


def _go_on_numbering(ours: Connection, theirs: Connection, table: Table) -> None:
    """A number that was given once never comes again."""
    named = {"name": table.name}
    last = ours.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), named)
    if last:
        sequence = func.pg_get_serial_sequence(table.name, "id")
        theirs.execute(select(func.setval(sequence, last)))
