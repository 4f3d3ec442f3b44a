"""Statements for many rows at once, compiled once.

Each call into a driver gives up Python's lock and has to win it back from all other threads, up to
a millisecond from each, while the transaction is open. So rows go in few large statements: an event
for 10,000 people in twenty, not in 300. They come in powers of two, so that the database's own
cache knows them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.expression import ClauseElement

Row = tuple[Any, ...]


class BulkStatement:
    """`build` makes the statement for given rows; the rows' values must be its only parameters, in
    reading order.
    """

    LARGEST = 1024  # rows; of the widest table, half of the parameters that SQLite takes

    def __init__(
        self, width: int, build: Callable[[Dialect, Sequence[Row]], ClauseElement]
    ) -> None:
        self._width = width
        self._build = build
        self._texts: dict[tuple[str, int], str] = {}

    def execute(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Run it for all rows in their order. Returns how many rows were changed."""
        dialect = connection.dialect
        changed = position = 0
        while remaining := len(rows) - position:
            size = min(self.LARGEST, 1 << remaining.bit_length() - 1)
            values = tuple(chain.from_iterable(rows[position : position + size]))
            text = self.text(dialect, size)
            changed += connection.exec_driver_sql(text, values).rowcount
            position += size
        return changed

    def fetch(self, connection: Connection, rows: Sequence[Row]) -> list[Any]:
        """What it selects for all rows; for some perhaps more than once."""
        found: list[Any] = []
        for start in range(0, len(rows), self.LARGEST):
            some = rows[start : start + self.LARGEST]
            size = 1 << (len(some) - 1).bit_length()
            padding = [some[0]] * (size - len(some))  # the same once more
            values = tuple(chain.from_iterable([*some, *padding]))
            text = self.text(connection.dialect, size)
            found += connection.exec_driver_sql(text, values).all()
        return found

    def text(self, dialect: Dialect, size: int) -> str:
        """The SQL of the statement for so many rows.

        What a second row adds is repeated: to compile a thousand rows takes long.
        """
        known = self._texts.get((dialect.name, size))
        if known is None:
            of_one, of_two = self.compiled(dialect, 1), self.compiled(dialect, 2)
            differs = (place for place, one in enumerate(of_one) if one != of_two[place])
            at = next(differs, len(of_one))
            row = of_two[at : len(of_two) - len(of_one) + at]
            known = self._texts[dialect.name, size] = of_one[:at] + row * (size - 1) + of_one[at:]
        return known

    def compiled(self, dialect: Dialect, size: int) -> str:
        numbers = range(size * self._width)
        rows = [
            tuple(numbers[start : start + self._width])
            for start in range(0, len(numbers), self._width)
        ]
        compiled = self._build(dialect, rows).compile(dialect=dialect)
        names = getattr(compiled, "positiontup", None) or ()
        params = compiled.params  # made anew at each look
        if [params[name] for name in names] != list(numbers):
            raise AssertionError(
                f"the parameters of this statement are not its rows in order:\n{compiled}"
            )
        return str(compiled)
