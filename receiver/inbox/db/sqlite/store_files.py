"""Watches the files of a SQLite store: SQLite itself goes on writing into one that was deleted, and
all of it would be lost.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from receiver.inbox.db.errors import StoreUnavailable

EVERY_SECONDS = 1.0

_GONE = (
    "was deleted or replaced under the running gateway, which takes nothing more, since it would "
    "be lost"
)

Identity = tuple[int, int]


class StoreFiles:
    """The database, its write-ahead log and its lock file, as they were when they were opened."""

    def __init__(
        self,
        database: Path,
        opened: os.stat_result,
        lock: os.stat_result,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        name = database.name
        self._log_file, lock_file = (
            database.with_name(name + ending) for ending in ("-wal", ".lock")
        )
        self._known = {database: _identity(opened), lock_file: _identity(lock)}
        self._remedies = {
            database: (
                f"put it back as it was; or stop the gateway, remove {name}-wal and {name}-shm, "
                "restore a backup and start it again"
            ),
            self._log_file: "restart the gateway; what it has accepted is in the database",
            lock_file: (
                "another process may have opened the store; make sure that none did, and restart "
                "the gateway"
            ),
        }
        self._clock = clock
        self._look_at = 0.0
        self._fault = ""

    def check(self) -> None:
        """Raise StoreUnavailable where one is gone or another, and log that once.

        Looks at most once a second.
        """
        now = self._clock()
        if now >= self._look_at:
            self._look_at = now + EVERY_SECONDS
            self._look()
        if self._fault:
            raise StoreUnavailable(self._fault)

    def connected(self) -> None:
        """A connection was used: the write-ahead log is the one that is there now, unless it is
        known already.
        """
        if (
            self._log_file not in self._known
            and (found := _find_identity(self._log_file)) is not None
        ):
            self._known[self._log_file] = found

    def forget_log(self) -> bool:
        """Whether the writer may close its connection, after which the next may find another
        write-ahead log: the last to be closed takes it away. One to a file that is gone is all that
        is left of it.
        """
        if self._fault:
            return False
        log = self._known.pop(self._log_file, None)
        sound = self._look()  # to connect to a database that is gone would make an empty one
        if not sound and log is not None:
            self._known[self._log_file] = log
        return sound

    def _look(self) -> bool:
        lost = next(
            (path for path, known in self._known.items() if _find_identity(path) != known), None
        )
        if lost is None and self._fault:
            structlog.get_logger().info("store.files_back")
        fault = "" if lost is None else f"{lost} {_GONE}: {self._remedies[lost]}"
        if fault and not self._fault:
            structlog.get_logger().error("store.files_gone", file=str(lost), reason=fault)
        self._fault = fault
        return lost is None


def other_log(database: Path) -> Path | None:
    """A log that a crash has left beside another name (hard link) of the same file: by this name
    SQLite would not see it.
    """
    found = database.stat()
    if found.st_nlink == 1:
        return None
    logs = (path for path in database.parent.glob("*-wal") if path.stat().st_size)
    names = ((log, log.with_name(log.name.removesuffix("-wal"))) for log in logs)
    return next(
        (
            log
            for log, name in names
            if name != database and _find_identity(name) == _identity(found)
        ),
        None,
    )


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino


def _find_identity(path: Path) -> Identity | None:
    try:
        return _identity(path.stat())
    except OSError:
        return None
