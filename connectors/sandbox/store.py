"""The SQLite file in which the sandbox keeps its records.

Each call is one transaction, committed before it is answered; writing a record twice is harmless.

It keeps a rollback journal, for several gateway processes may share the file: SQLite older than
3.51.3, as many systems still ship it, can damage a write-ahead log that two processes write at the
same moment (https://sqlite.org/wal.html). `synchronous=NORMAL` is enough: a killed process loses
nothing, and a power cut may cost a record of a toy.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors.base import (
    ConnectorError,
    Entry,
    Link,
    Misconfigured,
    Outcome,
    Page,
    Ref,
    Refused,
    Saved,
    Unavailable,
)
from connectors.sandbox.values import merge_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from connectors.sandbox.accept import SandboxRow
    from connectors.sandbox.values import Json

APPLICATION_ID = 0x414F4D53  # "AOMS", in the file's header

SCHEMA = (
    """CREATE TABLE record (
        id INTEGER PRIMARY KEY, object TEXT NOT NULL, key TEXT NOT NULL, fields TEXT NOT NULL,
        writes INTEGER NOT NULL, UNIQUE (object, key)
    )""",
    "CREATE INDEX record_page ON record (object, id)",
    (
        "CREATE TABLE link (source INTEGER NOT NULL, target INTEGER NOT NULL, PRIMARY KEY "
        "(source, target)) WITHOUT ROWID"
    ),
    "CREATE TABLE call (method TEXT PRIMARY KEY, calls INTEGER NOT NULL) WITHOUT ROWID",
    f"PRAGMA application_id = {APPLICATION_ID}",
)

PASSING = {"BUSY", "LOCKED", "FULL", "IOERR", "NOMEM", "INTERRUPT"}
"""SQLite's codes for what may be gone at the next call; the others want a person."""


class SandboxStore:
    """Reads and writes the sandbox's file, one call at a time.

    What goes wrong is raised as Unavailable or Misconfigured; the next call opens the file anew.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self.path = path
        self._timeout = timeout
        self._connection: sqlite3.Connection | None = None

    def upsert(self, object: str, rows: Sequence[SandboxRow]) -> list[Saved]:
        """Write rows of one object, whose keys differ. Their order is the answers' order."""
        with self._call("upsert") as db:
            notes = {row.key: _rename(db, object, row) for row in rows if row.former_key}
            old = _read_rows(db, object, [row.key for row in rows])
            db.executemany(
                "UPDATE record SET fields = ?, writes = writes + 1 WHERE id = ?",
                [
                    (json.dumps(merge_fields(old[row.key][1], row.fields)), old[row.key][0])
                    for row in rows
                    if row.key in old
                ],
            )
            return [
                Saved(str(old[row.key][0]), notes=notes.get(row.key, ()))
                if row.key in old
                else _inserted(db, object, row)
                for row in rows
            ]

    def read(self, object: str, keys: Sequence[str]) -> dict[str, tuple[int, Mapping[str, Json]]]:
        """Give the id and the fields of those that are there, by their keys."""
        with self._call("read") as db:
            return _read_rows(db, object, keys)

    def link(self, pairs: Sequence[Link]) -> list[Outcome]:
        with self._call("link") as db:
            outcomes: list[Outcome] = [_missing_end(db, pair) or Saved("") for pair in pairs]
            good = [
                (pair.source_id, pair.target_id)
                for pair, outcome in zip(pairs, outcomes, strict=True)
                if isinstance(outcome, Saved)
            ]
            db.executemany("INSERT OR IGNORE INTO link VALUES (?, ?)", good)
            return outcomes

    def count(self, method: str) -> None:
        """Count a call that comes to nothing."""
        with self._call(method):
            pass

    def calls(self) -> dict[str, int]:
        """Count the calls so far, of all processes, by method."""
        with self._transaction() as db:
            return dict(db.execute("SELECT method, calls FROM call"))

    def objects(self) -> dict[str, int]:
        with self._transaction() as db:
            return dict(
                db.execute("SELECT object, count(*) FROM record GROUP BY object ORDER BY object")
            )

    def find(self, object: str, id: str, key: str) -> Entry | None:
        """Give the record with this id, or with this key where there is no id."""
        where, value = ("id", id) if id else ("key", key)
        with self._transaction() as db:
            row = db.execute(
                f"SELECT id, key, fields, writes FROM record WHERE object = ? AND {where} = ?",
                (object, value),
            ).fetchone()
            if row is None:
                return None
            id_, key, fields, writes = row
            linked_from = _links(db, id_, backwards=True)
            return Entry(str(id_), key, json.loads(fields), _links(db, id_), writes, linked_from)

    def page(self, object: str, limit: int, before: int | None, text: str = "") -> Page:
        """List records whose key holds the text, newest first."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT id, key, fields, writes FROM record WHERE object = ? AND id < ? "
                "AND instr(lower(key), lower(?)) ORDER BY id DESC LIMIT ?",
                (object, 1 << 62 if before is None else before, text, limit + 1),
            ).fetchall()
            entries = [
                Entry(str(id_), key, json.loads(fields), _links(db, id_), writes)
                for id_, key, fields, writes in rows[:limit]
            ]
        return Page(tuple(entries), entries[-1].id if len(rows) > limit and entries else None)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _call(self, method: str) -> Iterator[sqlite3.Connection]:
        with self._transaction("IMMEDIATE") as db:
            db.execute(
                "INSERT INTO call VALUES (?, 1) ON CONFLICT (method) DO UPDATE SET calls = "
                "calls + 1",
                (method,),
            )
            yield db

    @contextmanager
    def _transaction(self, kind: str = "DEFERRED") -> Iterator[sqlite3.Connection]:
        try:
            if self._connection is None:
                self._connection = _open(self.path, self._timeout)
            self._connection.execute(f"BEGIN {kind}")
            yield self._connection
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self.close()
            raise _fault(self.path, error) from error
        except BaseException:  # interrupted, too: closing rolls back
            self.close()
            raise


def _open(path: Path, timeout: float) -> sqlite3.Connection:
    _make_private(path)
    db = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        if not _ours(db):
            _create(db, path)
        db.execute("PRAGMA journal_mode = TRUNCATE")
        db.execute("PRAGMA synchronous = NORMAL")
    except BaseException:  # interrupted, too: nobody else has the connection
        db.close()
        raise
    return db


def _make_private(path: Path) -> None:
    """Where there is no file yet, make one that only its owner may read, as people's data asks;
    SQLite's journal follows it.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError:
        return  # it is there; and what else is wrong, SQLite says in its own words


def _ours(db: sqlite3.Connection) -> bool:
    (owner,) = db.execute("PRAGMA application_id").fetchone()
    return bool(owner == APPLICATION_ID)


def _create(db: sqlite3.Connection, path: Path) -> None:
    db.execute("BEGIN IMMEDIATE")  # from here on no other process can be creating it too
    if not _ours(db):
        if db.execute("SELECT 1 FROM sqlite_schema").fetchone() is not None:
            raise Misconfigured(
                f"{path} is another program's database; let `path` name a file of the sandbox's own"
            )
        for statement in SCHEMA:
            db.execute(statement)
    db.execute("COMMIT")


def _fault(path: Path, error: sqlite3.Error) -> ConnectorError:
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_READONLY_DBMOVED":
        return Unavailable(
            f"{path} was moved or removed while in use; the next call begins a new one"
        )
    if name.removeprefix("SQLITE_").partition("_")[0] in PASSING:
        return Unavailable(f"{path}: {error}")
    return Misconfigured(
        f"{path}: {error}; see that `path` names a database of the sandbox that may be "
        "written, in a folder that exists"
    )


def _read_rows(
    db: sqlite3.Connection, object: str, keys: Sequence[str]
) -> dict[str, tuple[int, Mapping[str, Json]]]:
    places = ", ".join("?" * len(keys))
    rows = db.execute(
        f"SELECT key, id, fields FROM record WHERE object = ? AND key IN ({places})",
        (object, *keys),
    )
    return {key: (id_, json.loads(fields)) for key, id_, fields in rows}


def _rename(db: sqlite3.Connection, object: str, row: SandboxRow) -> tuple[str, ...]:
    """Give a record its new key; where another one has it, that stays, and a note tells."""
    changed = db.execute(
        "UPDATE OR IGNORE record SET key = ? WHERE object = ? AND key = ?",
        (row.key, object, row.former_key),
    ).rowcount
    both = _read_rows(db, object, [row.key, str(row.former_key)])
    if changed or str(row.former_key) not in both:
        return ()
    return (f"another {object} has the new key already: it is written from now on",)


def _inserted(db: sqlite3.Connection, object: str, row: SandboxRow) -> Saved:
    if not row.creates:
        return Saved("", notes=(f"there is no {object} {row.key}, and none is made",))
    return Saved(str(_insert(db, object, row)), created=True)


def _insert(db: sqlite3.Connection, object: str, row: SandboxRow) -> int:
    fields = json.dumps(merge_fields({}, {**row.initial, **row.fields}))
    id_ = db.execute(
        "INSERT INTO record (object, key, fields, writes) VALUES (?, ?, ?, 1)",
        (object, row.key, fields),
    ).lastrowid
    assert id_ is not None  # noqa: S101 - an INSERT that did not raise has one
    return id_


def _missing_end(db: sqlite3.Connection, pair: Link) -> Refused | None:
    for ref, id_ in ((pair.source, pair.source_id), (pair.target, pair.target_id)):
        if (
            db.execute(
                "SELECT 1 FROM record WHERE id = ? AND object = ?", (id_, ref.object)
            ).fetchone()
            is None
        ):
            return Refused("NOT_FOUND", f"there is no {ref.object} with the id {id_}")
    return None


def _links(db: sqlite3.Connection, id_: int, *, backwards: bool = False) -> tuple[Ref, ...]:
    """What a record links to; `backwards`, what links to it."""
    here, there = ("target", "source") if backwards else ("source", "target")
    rows = db.execute(
        f"SELECT object, key FROM link JOIN record ON record.id = {there} WHERE {here} = ? "
        f"ORDER BY {there}",
        (id_,),
    )
    return tuple(Ref(*row) for row in rows)
