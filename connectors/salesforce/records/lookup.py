"""What is looked up in the org before rows are first written; a batch's queries are one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from connectors.salesforce.soql import in_lists

if TYPE_CHECKING:
    from connectors.salesforce.records.row_job import RowWrite

FRESH = timedelta(minutes=1)

FoundRow = dict[str, Any]


class RowLookup(Protocol):
    """Completes the jobs that are about to be written for the first time."""

    def queries(self, jobs: Sequence[RowWrite]) -> list[str]:
        """Give the SOQL queries whose rows `complete` wants."""

    def complete(self, jobs: Sequence[RowWrite], rows: Sequence[FoundRow]) -> None:
        """Set the id, the result or further columns of the jobs. Raises Misconfigured."""


class LookupMemory:
    """What was looked up to read records, for the writes that follow: people who are new are not
    looked up twice. Several batches may be under way.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lookups: list[_LookedUp] = []

    def keep(self, keys: Iterable[str], rows: Sequence[FoundRow]) -> None:
        """Keep the rows that were found for these keys, instead of those of earlier times."""
        wanted = {*keys}
        self._forget(wanted)
        self._lookups.append(_LookedUp(wanted, rows, self._now()))

    def take(self, keys: Iterable[str]) -> Sequence[FoundRow] | None:
        """Give the rows if all of these keys were looked up together, a moment ago and for no write
        since; who comes again is looked up anew.
        """
        wanted = {*keys}
        self._forget(set())
        found = next((one.rows for one in self._lookups if wanted <= one.keys), None)
        self._forget(wanted)
        return found

    def _forget(self, keys: set[str]) -> None:
        """Drop these keys, and all that is not fresh."""
        for one in self._lookups:
            one.keys -= keys
        now = self._now()
        self._lookups = [one for one in self._lookups if one.keys and now - one.at < FRESH]


@dataclass(slots=True)
class _LookedUp:
    keys: set[str]
    rows: Sequence[FoundRow]
    at: datetime


def select_queries(
    columns: Iterable[str], object: str, field: str, values: Iterable[str], order: str = ""
) -> list[str]:
    """Write the queries for the rows of an object in which a field holds one of the values."""
    start = f"SELECT {', '.join(dict.fromkeys(columns))} FROM {object} WHERE {field} IN"
    return [f"{start} ({piece}){order}" for piece in in_lists(sorted({*values} - {""}))]


def rows_of_object(rows: Iterable[FoundRow], object: str) -> list[FoundRow]:
    """Pick the rows of one object."""
    return [row for row in rows if row["attributes"]["type"] == object]


def fold_case(value: Any) -> str:
    """Compare as Salesforce does: without case."""
    return str(value or "").lower()
