"""What all tables share: where they are listed, and types that compare the same everywhere."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Integer, MetaData, Text, literal_column
from sqlalchemy.sql.elements import ColumnElement

metadata: Final = MetaData()

NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column of type INTEGER."""

NAME: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared byte by byte, as Python and SQLite do."""


def literal(value: str) -> ColumnElement[str]:
    """A value as text in the statement: a partial index is used only where its condition stands
    there literally.
    """
    return literal_column(f"'{value}'", Text())
