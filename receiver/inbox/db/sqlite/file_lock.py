"""One process owns a SQLite file, by whatever name: two writers in two processes can damage it."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from receiver.inbox.db.errors import StoreLocked

_SAME_FILE = sys.platform == "linux"
"""Elsewhere `flock` and SQLite's own locks are of one kind, and SQLite would find its file
locked.
"""

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        # a locked byte cannot be read there, so lock one behind the text
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Holds the database, under whatever name, until it is released or the process ends, in
    whatever way.

    `<file>.lock` tells others of the same name who holds it; the lock on the database itself holds
    for its other names, too.
    """

    def __init__(self, database: Path) -> None:
        self._owner = os.open(
            database.with_name(database.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600
        )
        try:
            self._lock_name(database)
            self._database = self._lock_database(database)
        except BaseException:  # interrupted, too: who is left holding it locks the store
            os.close(self._owner)
            raise
        self._sign()

    def database_status(self) -> os.stat_result:
        """Which file the database is."""
        return os.fstat(self._database)

    def status(self) -> os.stat_result:
        """Which file says who the owner is."""
        return os.fstat(self._owner)

    def release(self) -> None:
        """Let the next process in, once SQLite has closed the database: to close any descriptor of
        a file ends SQLite's locks on it. The lock file stays: deleting it could take it from a
        process that has just locked it.
        """
        os.ftruncate(self._owner, 0)
        os.close(self._database)
        os.close(self._owner)

    def _lock_name(self, database: Path) -> None:
        try:
            _lock(self._owner)
        except OSError:
            os.lseek(self._owner, 0, os.SEEK_SET)
            owner = os.read(self._owner, 200).decode("utf-8", "replace").strip()
            raise _lock_taken(f"{database} is in use by {owner or 'another process'}") from None

    def _lock_database(self, database: Path) -> int:
        """Make it where it is not there yet: it holds personal data, so for the owner only."""
        descriptor = os.open(database, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if _SAME_FILE:
                _lock(descriptor)
        except OSError:
            owner = _holder(os.fstat(descriptor))
            os.close(descriptor)
            raise _lock_taken(
                f"{database} is in use by {owner}, which opened the same file by another name"
            ) from None
        return descriptor

    def _sign(self) -> None:
        os.ftruncate(self._owner, 0)
        started = datetime.now(UTC).isoformat(" ", "seconds")
        os.lseek(self._owner, 0, os.SEEK_SET)
        os.write(
            self._owner,
            f"process {os.getpid()} on {socket.gethostname()} (since {started})\n".encode(),
        )


def _lock_taken(who: str) -> StoreLocked:
    return StoreLocked(
        f"{who}: only one process can have a SQLite file open. "
        "Stop that process, or reach it through its admin API; several gateways at once need "
        "PostgreSQL"
    )


def _holder(found: os.stat_result) -> str:
    """From lines like `3: FLOCK ADVISORY WRITE 4711 fe:01:123456 0 EOF`, where the system shows
    them.
    """
    file = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    with suppress(OSError):
        for line in Path("/proc/locks").read_text("ascii", "replace").splitlines():
            words = line.split()
            if words[1:2] == ["FLOCK"] and words[5:6] == [file]:
                return f"process {words[4]}"
    return "another process"
