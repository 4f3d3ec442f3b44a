"""Damages one page of a SQLite file, as a bad disk would."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

_HEADER = 100


def damage_page(file: Path, name: str, *, leaf: int = -1) -> int:
    """Overwrite a leaf of a table or index of a closed database, by default the last, and return
    its page number.
    """
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path"
        (page,) = connection.execute(query, (name,)).fetchall()[leaf]
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    assert page > 1, f"{name} has no page of its own"
    with file.open("r+b") as opened:
        opened.seek((page - 1) * size)
        opened.write(b"\xff" * size)
    return int(page)


def damage_header(file: Path) -> None:
    """Overwrite what says that it is a database."""
    with file.open("r+b") as opened:
        opened.write(b"\xff" * _HEADER)
