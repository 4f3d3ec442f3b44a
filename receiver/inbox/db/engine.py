"""Opens the database: engines, what every connection is told, and the right to use a SQLite
file.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from receiver.inbox.db.errors import StoreUnavailable, as_unavailable
from receiver.inbox.db.migration import migrate_tables
from receiver.inbox.db.sqlite.file_damage import FileDamage
from receiver.inbox.db.sqlite.file_lock import FileLock
from receiver.inbox.db.sqlite.store_files import StoreFiles, other_log
from receiver.inbox.db.sqlite.write_ahead_log import BUSY_MS, SIZE_LIMIT, WriteAheadLog

DELIVERY_THREADS = 4  # each with a connection; what people ask must not hold up deliveries
PEOPLE_THREADS = 2
LONGEST_READ = 60.0  # seconds, on SQLite
MAX_WAL_MB = 4096

_SQLITE = (
    f"PRAGMA busy_timeout = {BUSY_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit is on the disk before it is answered
    "PRAGMA secure_delete = ON",  # what is erased is overwritten
    "PRAGMA wal_autocheckpoint = 4000",
    f"PRAGMA journal_size_limit = {SIZE_LIMIT}",
    "PRAGMA cache_size = -16000",
    "PRAGMA temp_store = MEMORY",
)
# there are several, and the system caches, too
_SQLITE_READER = (*_SQLITE, "PRAGMA query_only = ON", "PRAGMA cache_size = -4000")
_READ_ONLY = (f"PRAGMA busy_timeout = {BUSY_MS}", "PRAGMA temp_store = MEMORY")
_POSTGRESQL = (
    "SET lock_timeout = '20s'",
    "SET idle_in_transaction_session_timeout = '30s'",  # a process that froze must not hold lanes
    (
        "SELECT set_config('synchronous_commit', 'on', false) WHERE "
        "current_setting('synchronous_commit') = 'off'"
    ),
)
_LIBPQ = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


_READ_UNTIL = "read_until"
_STEPS = 20_000  # of SQLite's machine, between two looks at the clock: less than a millisecond


@dataclass(frozen=True, slots=True)
class StoreEngines:
    """`write` begins with the right to write.

    On SQLite only the inbox's writer thread may use it.
    """

    write: Engine
    read: Engine
    lock: FileLock | None = None
    files: StoreFiles | None = None
    damage: FileDamage | None = None
    log: WriteAheadLog | None = None

    @property
    def postgresql(self) -> bool:
        return self.write.dialect.name == "postgresql"

    def close(self) -> None:
        self.read.dispose()
        self.write.dispose()
        if self.lock:
            self.lock.release()


def open_engines(text: str, max_wal_mb: int = MAX_WAL_MB) -> StoreEngines:
    """Open and migrate the database of a URL like `sqlite:///aom-gateway.db` or
    `postgresql://user:password@host/name`.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise StoreUnavailable(
            f"{text!r} is no database URL; write sqlite:///FILE or "
            "postgresql://USER:PASSWORD@HOST/DATABASE"
        ) from None
    if url.drivername.startswith("sqlite"):
        return _migrated(_sqlite(url, max_wal_mb * 1024 * 1024))
    if url.drivername.startswith("postgres"):
        return _migrated(_postgresql(url))
    raise StoreUnavailable(
        f"{url.drivername}: the store is SQLite (sqlite:///FILE) or PostgreSQL "
        "(postgresql://USER:PASSWORD@HOST/DATABASE)"
    )


def open_read_only(text: str) -> Engine:
    """Open the database for a process beside the gateway, which owns it: nothing can be written.

    Read little in each transaction: while one is open, SQLite cannot empty its log. Raises
    StoreUnavailable.
    """
    url = make_url(text)
    if not url.drivername.startswith("sqlite"):
        return _postgresql(url).read
    path = _file(url)
    if not path.exists():
        raise StoreUnavailable(f"{path}: there is no store yet, so nothing was ever received")
    engine = create_engine(
        f"sqlite:///{path.as_uri()}?mode=ro&uri=true",
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _tell_sqlite(_READ_ONLY))
    event.listen(engine, "begin", lambda connection: _begin(connection, "BEGIN"))
    return engine


def _migrated(engines: StoreEngines) -> StoreEngines:
    try:
        migrate_tables(engines.write)
    except SQLAlchemyError as error:
        engines.close()
        where = engines.write.url.render_as_string(hide_password=True)
        raise StoreUnavailable(f"{where}: {as_unavailable(error)}") from error
    except BaseException:  # interrupted, too: nobody else knows the connections
        engines.close()
        raise
    return engines


def _sqlite(url: URL, most_log: int) -> StoreEngines:
    path = _file(url)
    try:
        lock = FileLock(path)
    except OSError as error:
        raise StoreUnavailable(
            f"{path}: {error.strerror}; the directory must exist and be writable"
        ) from error
    if log := other_log(path):
        lock.release()
        raise StoreUnavailable(
            f"{path} has another name, and {log} holds what was accepted by that name: open "
            f"it as {log.name.removesuffix('-wal')}, "
            "and keep only one of its names"
        )
    files, damage = StoreFiles(path, lock.database_status(), lock.status()), FileDamage(path)
    url = URL.create("sqlite", database=str(path))
    write, read = (
        create_engine(url, hide_parameters=True, connect_args={"cached_statements": 256})
        for _ in range(2)
    )
    for engine in (write, read):
        event.listen(engine, "handle_error", damage.hear, retval=True)
    event.listen(write, "connect", _tell_sqlite(_SQLITE))
    event.listen(write, "begin", lambda connection: _begin(connection, "BEGIN IMMEDIATE"))
    event.listen(read, "connect", _tell_sqlite(_SQLITE_READER))
    event.listen(read, "connect", _end_long_reads)
    event.listen(read, "begin", _begin_reading)
    return StoreEngines(write, read, lock, files, damage, WriteAheadLog(path, most_log))


def _file(url: URL) -> Path:
    """By its own name, where the one given is a symbolic link: SQLite puts its log, and we our
    lock, beside that.
    """
    if not url.database or url.database.startswith((":memory:", "file:")):
        raise StoreUnavailable(
            f"{url.database or 'no file'!r}: the store is a file, as in sqlite:///aom-gateway.db"
        )
    return Path(url.database).resolve()


def _postgresql(url: URL) -> StoreEngines:
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            paramstyle="format",
            isolation_level="READ COMMITTED",
            pool_size=DELIVERY_THREADS + PEOPLE_THREADS + 1,  # and the writer
            max_overflow=0,
            pool_timeout=20,
            hide_parameters=True,
            connect_args={name: value for name, value in _LIBPQ.items() if name not in url.query},
        )
    except ImportError as error:
        raise StoreUnavailable(
            "a PostgreSQL store needs psycopg: pip install 'aom-gateway[postgres]'"
        ) from error
    event.listen(engine, "connect", _tell_postgresql)
    return StoreEngines(engine, engine)


def _begin(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)


def _begin_reading(connection: Connection) -> None:
    connection.info[_READ_UNTIL] = time.monotonic() + LONGEST_READ
    _begin(connection, "BEGIN")


def _end_long_reads(connection: Any, record: Any) -> None:
    """While somebody reads, SQLite cannot empty its log, which then grows with all that is
    written.
    """
    record.info[_READ_UNTIL] = float("inf")
    connection.set_progress_handler(lambda: time.monotonic() > record.info[_READ_UNTIL], _STEPS)


def _tell_sqlite(statements: tuple[str, ...]) -> Callable[[Any, Any], None]:
    def tell(connection: Any, _record: Any) -> None:
        # Python's own BEGIN would come too late and be a deferred one
        connection.isolation_level = None
        for statement in statements:
            connection.execute(statement).close()

    return tell


def _tell_postgresql(connection: Any, _record: Any) -> None:
    autocommit, connection.autocommit = connection.autocommit, True
    for statement in _POSTGRESQL:
        connection.execute(statement).close()
    connection.autocommit = autocommit
