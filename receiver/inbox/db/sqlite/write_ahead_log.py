"""Keeps SQLite's write-ahead log bounded, and says so where somebody's long read keeps it from
being emptied.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Connection

SIZE_LIMIT: Final = 64 * 1024 * 1024
"""To which SQLite cuts the log by itself, when it begins it anew.

Above it the writer empties it as soon as nobody reads.
"""

BUSY_MS: Final = 5000
"""How long a statement waits for others."""

EVERY_SECONDS: Final = 1.0
_WAIT_MS = 100  # for readers of our own, which are short
_WARN_AT = 8  # the part of what it may grow to


class WriteAheadLog:
    """`look` is for the writer's thread, between transactions; the rest says what it saw last.

    Sizes are in bytes.
    """

    def __init__(
        self, database: Path, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._file = database.with_name(database.name + "-wal")
        self._most = most
        self._empty_above = min(SIZE_LIMIT, most // _WARN_AT)
        self._clock = clock
        self._empty_at = 0.0
        self._is_blocked = False  # somebody reads an older state, so that it cannot be emptied
        self.size = 0

    @property
    def is_long(self) -> bool:
        """Longer than SQLite lets it be when it begins it anew."""
        return self.size > self._empty_above

    @property
    def full(self) -> bool:
        """Whether no more events may be taken, so that the disk does not run full for others,
        too.
        """
        return self._is_blocked and self.size >= self._most

    @property
    def warning(self) -> str | None:
        """What is wrong and what to do, once it is an eighth of what it may be."""
        if not self._is_blocked or self.size <= self._most // _WARN_AT:
            return None
        then = (
            "events are refused until then"
            if self.full
            else f"at {_mb(self._most)} events will be refused"
        )
        return (
            f"{self._file} has grown to {_mb(self.size)}, since some program reads the "
            "database in a transaction "
            f"that does not end: end it (`fuser -v {self._database}` names the programs), "
            "and the log is emptied "
            f"within seconds; {then}"
        )

    def look(self, connection: Connection | None) -> None:
        """See how long it is, and empty it where it is too long and nobody needs what is in it."""
        warned = self.warning is not None
        self.size = _size(self._file)
        if self.is_long and connection is not None and self._clock() >= self._empty_at:
            self._empty_at = self._clock() + EVERY_SECONDS
            with suppress(sqlite3.Error):  # of the disk: the next commit tells it
                self._is_blocked = not _empty(connection.connection.driver_connection)
            self.size = _size(self._file)
        self._tell(warned)

    def _tell(self, warned: bool) -> None:
        if warned and self.warning is None:
            structlog.get_logger().info("store.log_emptied", file=str(self._file), bytes=self.size)
        elif self.warning and not warned:
            structlog.get_logger().warning(
                "store.log_grows", file=str(self._file), bytes=self.size, reason=self.warning
            )


def _empty(driver: Any) -> bool:
    """False where somebody reads an older state: to wait for them would hold up all that is to be
    written.
    """
    _, written, moved = driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    if moved < written:
        return False
    driver.execute(f"PRAGMA busy_timeout = {_WAIT_MS}").close()
    try:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_MS}").close()
    return True


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # that it is gone is told elsewhere


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:,.0f} MB"
