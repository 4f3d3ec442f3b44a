"""Statements for many rows."""

from __future__ import annotations

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from receiver.inbox.db import bulk_statements
from receiver.inbox.db.bulk_sql import BulkStatement

EVERY = {
    name: bulk for name, bulk in vars(bulk_statements).items() if isinstance(bulk, BulkStatement)
}
DIALECTS = [sqlite.dialect(paramstyle="qmark"), postgresql.dialect(paramstyle="format")]  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("name", EVERY)
def test_a_statement_for_many_rows_is_what_sqlalchemy_makes(name: str, dialect: Dialect) -> None:
    """It is put together from those for one row and for two, since to compile a thousand rows takes
    long.
    """
    for size in (1, 2, 3, 64):
        assert EVERY[name].text(dialect, size) == EVERY[name].compiled(dialect, size)


@pytest.mark.parametrize("name", EVERY)
def test_the_largest_statement_stays_within_the_parameters_of_sqlite(name: str) -> None:
    """SQLite takes 32,766, PostgreSQL twice as many."""
    assert EVERY[name].text(DIALECTS[0], BulkStatement.LARGEST).count("?") < 32_766
