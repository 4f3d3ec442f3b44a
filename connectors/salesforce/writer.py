"""Writes the rows of one object: by our key, or by Salesforce's id where it is known, in one call of up to 200."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.base import Outcome, Refused, Saved, Unavailable
from connectors.error_rules import ErrorOutcome
from connectors.salesforce.claim import Claims, Person
from connectors.salesforce.errors import Failure, read_errors
from connectors.salesforce.soql import in_lists
from connectors.salesforce.values import Row, united

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.salesforce.api import Api
    from connectors.salesforce.objects import SObject

ROUNDS = 3
"""A row may be sent again by another way: a merged Contact is claimed anew, a missing LastName is made up."""


@dataclass(slots=True)
class Job:
    """One row on its way. `id` is the record to be updated, None for an upsert by key; `result` is what came of it."""

    person: Person
    row: Row
    id: str | None = None
    result: Outcome | Failure | None = None
    lost: bool = False  # the record of its id is gone: the person is to be looked for anew


class Writer:
    """Writes one batch. With `claims`, who has no id yet is looked for by e-mail first."""

    def __init__(self, api: Api, sobject: SObject, key_field: str, claims: Claims | None = None, last_name: str | None = None) -> None:
        self._api = api
        self._sobject = sobject
        self._key_field = key_field
        self._claims = claims
        self._last_name = last_name

    async def write(self, jobs: Sequence[Job]) -> None:
        """Give each job its result."""
        await self._claim([job for job in jobs if job.id is None and job.result is None])
        await self._unite([job for job in jobs if job.result is None and job.row.appends])
        for left in reversed(range(ROUNDS)):
            under_way = [job for job in jobs if job.result is None]
            if not under_way:
                return
            await self._send(under_way)
            for job in under_way if left else ():
                self._reopen(job)
            await self._claim([job for job in under_way if job.lost])

    async def _claim(self, jobs: Sequence[Job]) -> None:
        if self._claims is None or not jobs:
            return
        for job, found in zip(jobs, await self._claims.find([job.person for job in jobs]), strict=True):
            job.id, job.result = (None, found) if isinstance(found, Refused) else (found, None)
            job.lost = False

    async def _unite(self, jobs: Sequence[Job]) -> None:
        """Read the options that are there, and add to them; Salesforce has no way to append."""
        if not jobs:
            return
        names = sorted({name for job in jobs for name in job.row.appends or ()})
        columns = ", ".join(dict.fromkeys(("Id", self._key_field, *names)))
        start = f"SELECT {columns} FROM {self._sobject.name} WHERE"
        by_id = [f"{start} Id IN ({piece})" for piece in in_lists(job.id for job in jobs if job.id)]
        by_key = [f"{start} {self._key_field} IN ({piece})" for piece in in_lists(job.person.key for job in jobs if not job.id)]
        rows = await self._api.query(*by_id, *by_key)
        old = {row["Id"]: row for row in rows} | {str(row[self._key_field]).lower(): row for row in rows}
        for job in jobs:
            present = old.get(job.id or job.person.key, {})
            job.row = job.row.having(**{name: united(present.get(name), options) for name, options in (job.row.appends or {}).items()})

    async def _send(self, jobs: Sequence[Job]) -> None:
        ways: defaultdict[str, list[Job]] = defaultdict(list)
        for job in jobs:
            ways["composite/sobjects" if job.id else f"composite/sobjects/{self._sobject.name}/{self._key_field}"].append(job)
        bodies = [{"allOrNone": False, "records": [self._record(job) for job in group]} for group in ways.values()]
        parts = [("PATCH", path, body) for path, body in zip(ways, bodies, strict=True)]
        answers = await self._api.composite(parts, writes=True)
        for group, answer in zip(ways.values(), answers, strict=True):
            for job, result in zip(group, results(answer, len(group)), strict=True):
                job.result = Saved(result.id, result.created, job.row.notes) if isinstance(result, Saved) else result

    def _record(self, job: Job) -> dict[str, Any]:
        record = {"attributes": {"type": self._sobject.name}, **job.row.body, self._key_field: job.person.key}
        return record | {"id": job.id} if job.id else record

    def _reopen(self, job: Job) -> None:
        """Open a failed job again if another way is left."""
        failed = job.result
        if not isinstance(failed, Failure):
            return
        if failed.code == "REQUIRED_FIELD_MISSING" and "LastName" in failed.fields and not job.row.body.get("LastName"):
            name = self._last_name or job.person.address.partition("@")[0] or job.person.key
            job.row, job.result = job.row.having(LastName=name[:80]).noted(f"there is no last name; {name!r} was taken"), None
        elif job.id and failed.outcome is ErrorOutcome.TAKEN and failed.names(self._key_field):
            job.id, job.result = None, None  # another record has our key: it is the one
        elif job.id and _is_gone(failed):
            job.id, job.result, job.lost = None, None, True


def results(answer: Any, count: int) -> list[Saved | Failure]:
    """Read the results of a collection, which stand in the order of its records. Raises Unavailable where they do not fit."""
    if not isinstance(answer, list) or len(answer) != count:
        raise Unavailable(f"the answer holds no {count} results")
    return [_result(each) for each in answer]


def _result(each: Mapping[str, Any]) -> Saved | Failure:
    if each.get("success"):
        return Saved(str(each["id"]), bool(each.get("created")))
    return read_errors(each.get("errors") or ())


def _is_gone(failed: Failure) -> bool:
    """Tell whether it is the record itself that was deleted or merged, and not one that it names in a field."""
    gone = failed.outcome is ErrorOutcome.GONE or failed.code == "NOT_FOUND"
    return gone and not {*failed.fields} - {"Id"}
