"""What SQLite found damaged in the store's file, remembered until the process ends."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import ExceptionContext

from receiver.inbox.db.errors import StoreDamaged
from receiver.inbox.db.tables import metadata

_TABLE = re.compile(rf"\b({'|'.join(metadata.tables)})\b")

_SAVE = (
    "Stop the gateway and copy {name} and, where they are there, {name}-wal and {name}-shm to a "
    "safe place. "
)
_PUT = "in the place of {name}, remove {name}-wal and {name}-shm, and start the gateway"
_PAGE = (
    "What does not need the damaged page goes on. "
    + _SAVE
    + 'Then make a sound file of the copy by `sqlite3 COPY ".clone NEW"`, put NEW, or a backup, '
    + _PUT
)  # .clone and not .recover, for which the sqlite3 of Debian lacks a part
_FILE = (
    "If it is another program's file, mend [store] url. If not: "
    + _SAVE
    + "Then put a backup "
    + _PUT
)


class FileDamage:
    """Hears of every error on the store's connections.

    `words` is None until one of them was damage.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._tables: set[str] = set()
        self.words: str | None = None

    def hear(self, context: ExceptionContext) -> StoreDamaged | None:
        """SQLAlchemy's `handle_error`: what it returns is raised in place of the driver's error."""
        code = _code(context.original_exception)
        if code not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return None
        remedy = _PAGE if code == sqlite3.SQLITE_CORRUPT else _FILE
        self._note(
            str(context.original_exception), remedy, set(_TABLE.findall(_statement(context)))
        )
        return StoreDamaged(self.words)

    def _note(self, said: str, remedy: str, tables: set[str]) -> None:
        """A page is damaged for good, also where the next statement does not come by it."""
        if self.words is not None and tables <= self._tables:
            return
        self._tables |= tables
        seen = f", seen in {' and '.join(sorted(self._tables))}" if self._tables else ""
        self.words = (
            f"{self._database} is damaged ({said}{seen}). {remedy.format(name=self._database.name)}"
        )
        structlog.get_logger().error("store.damaged", file=str(self._database), reason=self.words)


def _statement(context: ExceptionContext) -> str:
    """Where rows are fetched, only the execution knows it."""
    executed: Any = context.execution_context
    return context.statement or getattr(executed, "statement", None) or ""


def _code(error: BaseException | None) -> int:
    """SQLite's own, without what it adds for itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF if isinstance(error, sqlite3.Error) else 0
