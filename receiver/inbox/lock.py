"""One process owns a SQLite file: two writers in two processes can damage it. A lock file beside it says who the owner is."""

from __future__ import annotations

import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

from receiver.inbox.errors import StoreLocked

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # a locked byte cannot be read there, so lock one behind the text
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Holds `<file>.lock` until it is released or the process ends, in whatever way."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._descriptor)
        except OSError:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            owner = os.read(self._descriptor, 200).decode("utf-8", "replace").strip()
            os.close(self._descriptor)
            message = (
                f"{database} is in use by {owner or 'another process'}: only one process can have a SQLite file open. "
                "Stop that process, or reach it through its admin API; several gateways at once need PostgreSQL"
            )
            raise StoreLocked(message) from None
        os.ftruncate(self._descriptor, 0)
        started = datetime.now(UTC).isoformat(" ", "seconds")
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, f"process {os.getpid()} on {socket.gethostname()} (since {started})\n".encode())

    def status(self) -> os.stat_result:
        """Which file it is."""
        return os.fstat(self._descriptor)

    def release(self) -> None:
        """Let the next process in. The file stays: deleting it could take it from a process that has just locked it."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
