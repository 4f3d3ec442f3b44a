"""Reading what records hold now: by id where that is known, else as a write would find them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.base import Found
from connectors.salesforce.records.field_values import CURRENCY
from connectors.salesforce.records.lookup import fold_case, rows_of_object, select_queries

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from connectors.salesforce.api import SalesforceApi
    from connectors.salesforce.objects import SObject
    from connectors.salesforce.records.lookup import FoundRow, LookupMemory, RowLookup
    from connectors.salesforce.records.row_job import RowWrite


class RecordReader:
    """Reads one batch. Its `lookups` find people, and what they found is kept for their write."""

    def __init__(
        self,
        api: SalesforceApi,
        sobject: SObject,
        key_field: str,
        lookups: Sequence[RowLookup],
        memory: LookupMemory,
    ) -> None:
        self._api = api
        self._sobject = sobject
        self._key_field = key_field
        self._lookups = lookups
        self._memory = memory

    async def read(
        self, jobs: Sequence[RowWrite], ids: Sequence[str | None], fields: Collection[str]
    ) -> list[Found | None]:
        """Give what is there, in the order of the jobs; `ids` are those that are known."""
        columns = ["Id", self._key_field, *readable_columns(self._sobject, fields)]
        name = self._sobject.name
        by_id = select_queries(columns, name, "Id", [id_ for id_ in ids if id_])
        rows = await self._api.query(*by_id)
        new = [job for job, id_ in zip(jobs, ids, strict=True) if not (id_ or job.result)]
        rows = [*rows, *await (self._claim(new) if self._lookups else self._find(new, columns))]
        there = {str(row["Id"]): row for row in rows_of_object(rows, name)}
        wanted = (id_ or job.id for job, id_ in zip(jobs, ids, strict=True))
        return [_found_record(there.get(id_ or ""), fields) for id_ in wanted]

    async def _claim(self, jobs: Sequence[RowWrite]) -> Sequence[FoundRow]:
        """Set the ids of people who are there, and keep what their write would look up."""
        if not jobs:
            return []
        queries = [query for lookup in self._lookups for query in lookup.queries(jobs)]
        rows = await self._api.query(*queries)
        self._lookups[0].complete(jobs, rows)
        self._memory.keep((job.person.key for job in jobs), rows)
        return rows

    async def _find(self, jobs: Sequence[RowWrite], columns: Sequence[str]) -> Sequence[FoundRow]:
        """Set the ids of records that are there."""
        keys = [job.person.key for job in jobs]
        queries = select_queries(columns, self._sobject.name, self._key_field, keys)
        rows = await self._api.query(*queries)
        ids = {fold_case(row[self._key_field]): row["Id"] for row in rows}
        for job in jobs:
            job.id = ids.get(job.person.key)
        return rows


def readable_columns(sobject: SObject, fields: Collection[str]) -> list[str]:
    """Give the fields that a query can ask for. Raises Misconfigured for one that is not there."""
    names = [name for name in fields if name != CURRENCY or CURRENCY in sobject.fields]
    return [name if "." in name else sobject.field(name).name for name in names]


def _found_record(row: FoundRow | None, fields: Collection[str]) -> Found | None:
    return (
        Found(str(row["Id"]), {name: _column_value(row, name) for name in fields}) if row else None
    )


def _column_value(row: FoundRow, name: str) -> Any:
    """Read a column; one of a parent is nested, and nothing where there is no parent."""
    value: Any = row
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
