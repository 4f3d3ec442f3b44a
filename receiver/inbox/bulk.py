"""Statements for many rows at once, compiled once.

Each call into a driver gives up Python's lock and has to win it back from the event loop, so rows go in few large
statements. They come in powers of two, so that few have to be compiled and the database's own cache knows them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.expression import ClauseElement

_LARGEST = 64

Row = tuple[Any, ...]


class Bulk:
    """`build` makes the statement for given rows; the rows' values must be its only parameters, in reading order."""

    def __init__(self, width: int, build: Callable[[Dialect, Sequence[Row]], ClauseElement]) -> None:
        self._width = width
        self._build = build
        self._texts: dict[tuple[str, int], str] = {}

    def execute(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Run it for all rows in their order. Returns how many rows were changed."""
        dialect = connection.dialect
        changed = position = 0
        while remaining := len(rows) - position:
            size = min(_LARGEST, 1 << remaining.bit_length() - 1)
            values = tuple(chain.from_iterable(rows[position : position + size]))
            text = self._texts.get((dialect.name, size)) or self._compile(dialect, size)
            changed += connection.exec_driver_sql(text, values).rowcount
            position += size
        return changed

    def _compile(self, dialect: Dialect, size: int) -> str:
        numbers = range(size * self._width)
        rows = [tuple(numbers[start : start + self._width]) for start in range(0, len(numbers), self._width)]
        compiled = self._build(dialect, rows).compile(dialect=dialect)
        names = getattr(compiled, "positiontup", None) or ()
        params = compiled.params  # made anew at each look
        if [params[name] for name in names] != list(numbers):
            raise AssertionError(f"the parameters of this statement are not its rows in order:\n{compiled}")
        text = self._texts[dialect.name, size] = str(compiled)
        return text
