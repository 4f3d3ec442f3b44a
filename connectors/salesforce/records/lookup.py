"""What is looked up in the org before rows are first written; a batch's queries are one call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from connectors.salesforce.soql import in_lists

if TYPE_CHECKING:
    from connectors.salesforce.records.row_job import RowWrite

FoundRow = dict[str, Any]


class RowLookup(Protocol):
    """Completes the jobs that are about to be written for the first time."""

    def queries(self, jobs: Sequence[RowWrite]) -> list[str]:
        """Give the SOQL queries whose rows `complete` wants."""

    def complete(self, jobs: Sequence[RowWrite], rows: Sequence[FoundRow]) -> None:
        """Set the id, the result or further columns of the jobs. Raises Misconfigured."""


def select_queries(
    columns: Iterable[str], object: str, field: str, values: Iterable[str], order: str = ""
) -> list[str]:
    """Write the queries for the rows of an object in which a field holds one of the values."""
    start = f"SELECT {', '.join(dict.fromkeys(columns))} FROM {object} WHERE {field} IN"
    return [f"{start} ({piece}){order}" for piece in in_lists(sorted({*values} - {""}))]


def rows_of(rows: Iterable[FoundRow], object: str) -> list[FoundRow]:
    """Pick the rows of one object."""
    return [row for row in rows if row["attributes"]["type"] == object]


def fold_case(value: Any) -> str:
    """Compare as Salesforce does: without case."""
    return str(value or "").lower()
