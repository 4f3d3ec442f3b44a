"""A copy of a SQLite store, made while the gateway runs, and put back in its place."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine

from receiver.inbox.db.errors import driver_reason
from receiver.inbox.db.migration import is_known_revision
from receiver.inbox.db.sqlite.file_lock import FileLock
from receiver.inbox.db.timestamps import from_micros_or_none
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.operation.audit import add_entry, finish_entry
from receiver.inbox.operation.connector_state import stop_connector


class BackupFault(Exception):
    """The copy cannot be made, or cannot be used; the text says why and what would be right."""


@dataclass(frozen=True, slots=True)
class BackupContent:
    """What a copy holds. `newest` is when its last event was received, `pending` how many
    deliveries waited, `connectors` those that they wait for.
    """

    events: int
    newest: datetime | None
    pending: int
    connectors: tuple[str, ...]
    bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """`aside` is where the former store stands now, None where there was none."""

    content: BackupContent
    aside: Path | None


def back_up(store: Path, target: Path) -> BackupContent:
    """Copy the store as it is at one moment, and check the copy. A running gateway goes on.

    The copy is readable by its owner alone, as the store is: both hold personal data. Raises
    BackupFault; then there is no new file.
    """
    if not store.exists():
        raise BackupFault(f"there is no store at {store} yet, so nothing was ever received")
    if target.exists():
        raise BackupFault(f"{target} exists; name a file that does not, so that none is lost")
    with _begun(target) as part:
        try:
            with (
                closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(part)) as copy,
            ):
                source.backup(copy)  # at once: by pages it would begin anew with each commit
                copy.execute("PRAGMA journal_mode = DELETE").close()  # one file, nothing beside it
        except sqlite3.Error as error:
            raise BackupFault(f"{store} cannot be copied: {driver_reason(error)}") from error
        return check_backup(part)


def check_backup(file: Path) -> BackupContent:
    """Look whether a file is a sound store that this version can open. Raises BackupFault."""
    if not file.is_file():
        raise BackupFault(f"there is no file {file}")
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            damage = [row[0] for row in copy.execute("PRAGMA integrity_check(3)")]
            if damage != ["ok"]:
                raise BackupFault(f"{file} is damaged: {'; '.join(damage)}")
            revision = copy.execute("SELECT version_num FROM alembic_version").fetchone()[0]
            if not is_known_revision(revision):
                raise BackupFault(
                    f"a newer version of this program has written {file} (revision {revision}); "
                    "install that version"
                )
            return _content(copy, file)
    except sqlite3.Error as error:
        raise BackupFault(f"{file} is no store of this program: {driver_reason(error)}") from error


def restore(backup: Path, store: Path, *, who: str, now: datetime) -> Restored:
    """Put a copy in the place of the store, which must not be in use; the former one stays beside
    it.

    What waited in the copy may have been delivered since, and newer states with it: connectors with
    such deliveries are stopped, until an operator starts them. Its audit says `who` has done it.
    Raises BackupFault, and StoreLocked where a gateway runs; then nothing has changed.
    """
    content = check_backup(backup)
    try:
        lock = FileLock(store)
    except OSError as error:
        raise BackupFault(f"{store}: {error.strerror}") from error
    try:
        with _replacing(store) as part:
            shutil.copyfile(backup, part)
            _note_restored(part, content, who, now)
            aside = _set_aside(store, now)
    except OSError as error:
        raise BackupFault(f"{store} cannot be replaced: {error.strerror}") from error
    finally:
        lock.release()
    return Restored(content, aside)


@contextmanager
def _begun(target: Path) -> Iterator[Path]:
    """A file beside the target, which takes its name once all went well."""
    try:
        with _replacing(target) as part:
            yield part
    except OSError as error:
        raise BackupFault(f"{target}: {error.strerror or error}") from error


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
        _sync(part)
        part.rename(target)
        _sync(target.parent)
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + end).unlink(missing_ok=True)


def _content(copy: sqlite3.Connection, file: Path) -> BackupContent:
    events, newest = copy.execute("SELECT count(*), max(received_at) FROM event").fetchone()
    waiting = copy.execute(
        "SELECT connector, count(*) FROM delivery WHERE state = 'pending' GROUP BY connector "
        "ORDER BY connector"
    ).fetchall()
    return BackupContent(
        events,
        from_micros_or_none(newest),
        sum(count for _, count in waiting),
        tuple(connector for connector, _ in waiting),
        file.stat().st_size,
    )


def _note_restored(file: Path, content: BackupContent, who: str, now: datetime) -> None:
    engine = create_engine(f"sqlite:///{file}", hide_parameters=True)
    since = f"{content.newest:%Y-%m-%d %H:%M} UTC" if content.newest else "its first event"
    reason = f"restored from a backup: what came after {since} is missing. Import it, then resume"
    try:
        with engine.begin() as connection:
            transaction = Transaction(connection)
            stop_connector(transaction, content.connectors, reason, now=now)
            id = add_entry(transaction, who, "restore", {"since": since}, "begun", now=now)
            finish_entry(transaction, id, "done", f"events {content.events}")
    finally:
        engine.dispose()


def _set_aside(store: Path, now: datetime) -> Path | None:
    """The former store with its log, which SQLite would read into the new one."""
    aside, log = store.with_name(f"{store.name}.before-{now:%Y%m%dT%H%M%S}"), f"{store.name}-wal"
    store.with_name(f"{store.name}-shm").unlink(missing_ok=True)  # SQLite makes it anew
    moved = False
    for path, name in ((store, aside.name), (store.with_name(log), f"{aside.name}-wal")):
        if path.exists() and path.stat().st_size:
            path.rename(aside.with_name(name))
            moved = True
        else:  # empty: the lock, or a reader, has just made it
            path.unlink(missing_ok=True)
    return aside if moved else None


def _sync(path: Path) -> None:
    """Let it survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def store_file(url: str) -> Path:
    """The file of a SQLite store. Raises BackupFault for another database."""
    scheme, _, path = url.partition(":///")
    if not scheme.startswith("sqlite") or not path:
        raise BackupFault(
            "the store is PostgreSQL, which has its own: `pg_dump --format=custom --file=FILE "
            "DATABASE` while the gateway runs, `pg_restore --clean --dbname=DATABASE FILE` while "
            "it does not"
        )
    return Path(path.partition("?")[0]).resolve()
