"""What the CRM would end with: each record as the events so far leave it, by either mapping.

A school can have more records than fit into memory. They are kept in a temporary SQLite database,
which is in memory as long as it is small and in a file without a name after that. In it a record is
pickled: nobody else can open what has no name, it is gone with the process, and values keep the
types that mappings are compared by, 1 and True, decimals and moments.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

from connectors.base import Append, Record
from receiver.mapping import fold_record

CACHE_KB = 65_536
IN_MEMORY = 5_000  # records that are folded in memory before they are put away

RecordKey = tuple[str, str, str]
"""Connector, object and key."""

_TABLES = (
    f"PRAGMA cache_size = -{CACHE_KB}",
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    (
        "CREATE TABLE record (id INTEGER PRIMARY KEY, connector TEXT, object TEXT, key TEXT,"
        " state BLOB, UNIQUE (connector, object, key))"
    ),
    (
        "CREATE TABLE writer (record INTEGER, person TEXT, PRIMARY KEY (record, person))"
        " WITHOUT ROWID"
    ),
    "CREATE TABLE differing (record INTEGER PRIMARY KEY)",
    (
        "CREATE TABLE again (connector TEXT, event TEXT, PRIMARY KEY (connector, event))"
        " WITHOUT ROWID"
    ),
)


@dataclass(slots=True)
class ComparedRecord:
    """`origins`: from which events each field of `after` is; by the name "" those that brought the
    record and its links.
    """

    before: Record | None = None
    after: Record | None = None
    origins: dict[str, tuple[str, ...]] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)  # that are not put away yet

    @property
    def sides(self) -> tuple[Record | None, Record | None]:
        """The record by either mapping; None where that writes none."""
        return self.before, self.after

    @property
    def parts(self) -> tuple[Record | None, Record | None]:
        """The same of records of which only the fields were kept that can differ: both write it,
        and one of them perhaps none of these fields.
        """
        either = self.before or self.after
        nothing = replace(either, fields={}) if either is not None else None
        return self.before or nothing, self.after or nothing

    def fold_before(self, record: Record) -> None:
        self.before, _ = fold_record(self.before, record)

    def fold_after(self, record: Record, event_id: str) -> None:
        known = self.after
        if known is None or not set(known.links).issuperset(record.links):
            self.origins[""] = (*self.origins.get("", ()), event_id)
        self.after, names = fold_record(known, record)
        for name in names:
            adds = isinstance(record.fields[name], Append)
            self.origins[name] = (*(self.origins.get(name, ()) if adds else ()), event_id)


class ComparedRecords:
    """Give events oldest first; close it, and nothing is left."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in _TABLES:
            self._database.execute(statement)
        self._in_memory: dict[RecordKey, ComparedRecord] = {}

    def close(self) -> None:
        self._database.close()

    def find(self, key: RecordKey, person: str) -> ComparedRecord:
        """The state of a record that a delivery to a person writes, to be folded onto."""
        state = self._in_memory.get(key)
        if state is None:
            if len(self._in_memory) >= IN_MEMORY:
                self.put_away()
            row = self._database.execute(_STATE, key).fetchone()
            parts = () if row is None else pickle.loads(row[0])  # noqa: S301 - our own, see above
            state = ComparedRecord(*parts)
            self._in_memory[key] = state
        state.people.add(person)
        return state

    def put_away(self) -> None:
        """Write what is in memory into the database."""
        self._database.execute("BEGIN")
        for key, state in self._in_memory.items():
            if _is_same(state.before, state.after):
                state.after = state.before  # one object is stored once
            content = pickle.dumps((state.before, state.after, state.origins))
            (record,) = self._database.execute(_PUT, (*key, content)).fetchone()
            self._database.executemany(_WRITER, [(record, person) for person in state.people])
        self._database.execute("COMMIT")
        self._in_memory.clear()

    def differing(self) -> Iterator[tuple[int, RecordKey, ComparedRecord]]:
        """The records that the two mappings leave otherwise, each with its number here."""
        self.put_away()
        for id, connector, object, key, content in self._database.execute(_ALL):
            before, after, origins = pickle.loads(content)  # noqa: S301 - our own, see above
            if before is not after:
                yield id, (connector, object, key), ComparedRecord(before, after, origins)

    def mark(self, record: int) -> None:
        """Note that what is written of a record differs."""
        self._database.execute(_MARK, (record,))

    def deliver_again(self, connector: str, events: Iterable[str]) -> None:
        """Note events that would write what differs."""
        self._database.executemany(_AGAIN, [(connector, event) for event in events])

    def count_people(self, more: Iterable[str] = ()) -> int:
        """How many people the deliveries are to that write the records that differ, and these."""
        self._database.executemany(_WRITER, [(0, person) for person in more])
        return int(self._database.execute(_PEOPLE).fetchone()[0])

    def events_again(self) -> dict[str, tuple[str, ...]]:
        """Connector → the ids of the events that would write what differs, oldest first."""
        rows = self._database.execute(_EVENTS)
        return {
            connector: tuple(event for _, event in found)
            for connector, found in groupby(rows, key=lambda row: row[0])
        }


_STATE = "SELECT state FROM record WHERE connector = ? AND object = ? AND key = ?"
_PUT = (
    "INSERT INTO record (connector, object, key, state) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
    "SET state = excluded.state RETURNING id"
)
_WRITER = "INSERT OR IGNORE INTO writer VALUES (?, ?)"
_ALL = "SELECT id, connector, object, key, state FROM record ORDER BY id"
_MARK = "INSERT INTO differing VALUES (?)"
_AGAIN = "INSERT OR IGNORE INTO again VALUES (?, ?)"
_PEOPLE = (
    "SELECT count(DISTINCT person) FROM writer WHERE record = 0 OR record IN "
    "(SELECT record FROM differing)"
)
_EVENTS = "SELECT connector, event FROM again ORDER BY connector, event"


def _is_same(before: Record | None, after: Record | None) -> bool:
    """To Python 1 and True are the same, to a CRM they are not."""
    if before is None or after is None or before != after:
        return False
    return all(type(value) is type(after.fields[name]) for name, value in before.fields.items())
