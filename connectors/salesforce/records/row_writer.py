"""Writes the rows of one object: by our key, or by Salesforce's id where it is known, in one call
of up to 200.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from connectors.base import Saved, Unavailable
from connectors.error_rules import ErrorOutcome
from connectors.salesforce.errors import SalesforceFailure, read_errors
from connectors.salesforce.records.field_values import unite_options
from connectors.salesforce.settings import KEY
from connectors.salesforce.soql import in_lists

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.salesforce.api import SalesforceApi
    from connectors.salesforce.objects import SObject
    from connectors.salesforce.records.lookup import LookupMemory, RowLookup
    from connectors.salesforce.records.row_job import NewAccount, RowWrite

NOT_MADE_ANEW = "it was deleted in Salesforce, and the mapping makes none"

ANOTHER_HAS_IT = (
    "another record has the new address as its key already, and is written from now on; {}, which "
    "has the former one, stays as it is: merge the two in Salesforce"
)

ROUNDS = 3
"""A row may be sent again by another way: a merged Contact is claimed anew, a missing LastName is
made up.
"""


class RowWriter:
    """Writes one batch. Its `lookups` complete the rows that were not written before."""

    def __init__(
        self,
        api: SalesforceApi,
        sobject: SObject,
        key_field: str,
        lookups: Sequence[RowLookup] = (),
        memory: LookupMemory | None = None,
        last_name: str | None = None,
        account_key: str = KEY,
    ) -> None:
        self._api = api
        self._sobject = sobject
        self._key_field = key_field
        self._lookups = lookups
        self._memory = memory
        self._last_name = last_name
        self._account_key = account_key

    async def write(self, jobs: Sequence[RowWrite]) -> None:
        """Give each job its result."""
        await self._look_up([job for job in jobs if job.result is None])
        for left in reversed(range(ROUNDS)):
            under_way = [job for job in jobs if job.result is None]
            if not under_way:
                return
            await self._unite([job for job in under_way if _is_to_unite(job)])
            await self._send(under_way)
            for job in under_way if left else ():
                self._reopen(job)
            await self._look_up([job for job in under_way if job.result is None])

    async def _look_up(self, jobs: Sequence[RowWrite]) -> None:
        new = [job for job in jobs if not job.known]
        queries = (
            [query for lookup in self._lookups for query in lookup.queries(new)] if new else []
        )
        if not queries:
            return
        remembered = self._memory.take(job.person.key for job in new) if self._memory else None
        rows = await self._api.query(*queries) if remembered is None else remembered
        for lookup in self._lookups:
            lookup.complete(new, rows)
        there = {str(row["Id"]): row for row in remembered or ()}
        for job in new:
            job.known = True
            if remembered is not None:
                job.present = there.get(job.id) if job.id else {}
            if job.id and job.changes:
                job.row = job.changes

    async def _unite(self, jobs: Sequence[RowWrite]) -> None:
        """Add to the options that are there; Salesforce has no way to append."""
        old = await self._read_options([job for job in jobs if not _is_read(job)])
        for job in jobs:
            present = (job.present if _is_read(job) else old.get(job.id or job.person.key)) or {}
            job.row = job.row.having(
                **{
                    name: unite_options(present.get(name), options)
                    for name, options in (job.row.appends or {}).items()
                }
            )

    async def _read_options(self, jobs: Sequence[RowWrite]) -> dict[str, dict[str, Any]]:
        """Read the options of rows, by id and by key."""
        if not jobs:
            return {}
        names = sorted({name for job in jobs for name in job.row.appends or ()})
        columns = ", ".join(dict.fromkeys(("Id", self._key_field, *names)))
        start = f"SELECT {columns} FROM {self._sobject.name} WHERE"
        by_id = [f"{start} Id IN ({piece})" for piece in in_lists(job.id for job in jobs if job.id)]
        by_key = [
            f"{start} {self._key_field} IN ({piece})"
            for piece in in_lists(job.person.key for job in jobs if not job.id)
        ]
        rows = await self._api.query(*by_id, *by_key)
        return {row["Id"]: row for row in rows} | {
            str(row[self._key_field]).lower(): row for row in rows
        }

    async def _send(self, jobs: Sequence[RowWrite]) -> None:
        accounts = {job.account.key: job.account for job in jobs if job.account}
        ways: defaultdict[str, list[RowWrite]] = defaultdict(list)
        for job in jobs:
            ways[
                "composite/sobjects"
                if job.id
                else f"composite/sobjects/{self._sobject.name}/{self._key_field}"
            ].append(job)
        parts = [
            _collection(path, [self._record(job) for job in group]) for path, group in ways.items()
        ]
        if accounts:  # the first part, so that they are there when their Contacts come
            path = f"composite/sobjects/Account/{self._account_key}"
            parts.insert(0, _collection(path, [self._account(each) for each in accounts.values()]))
        answers = await self._api.composite(parts, writes=True)
        for group, answer in zip(ways.values(), answers[-len(ways) :], strict=True):
            for job, result in zip(group, read_results(answer, len(group)), strict=True):
                job.result = (
                    Saved(result.id, result.created, job.row.notes)
                    if isinstance(result, Saved)
                    else result
                )
        if accounts:
            self._learn_accounts(
                jobs, dict(zip(accounts, read_results(answers[0], len(accounts)), strict=True))
            )

    def _account(self, account: NewAccount) -> dict[str, Any]:
        return {
            "attributes": {"type": "Account"},
            "Name": account.name,
            self._account_key: account.key,
        }

    def _learn_accounts(
        self, jobs: Sequence[RowWrite], made: Mapping[str, Saved | SalesforceFailure]
    ) -> None:
        """Let a row whose Account was refused tell that, instead of missing it."""
        for job in jobs:
            if job.account is None:
                continue
            result = made[job.account.key]
            if isinstance(result, Saved):
                job.account = None
            elif not isinstance(job.result, Saved):
                job.result = result.about(f"its Account {job.account.name!r}")

    def _record(self, job: RowWrite) -> dict[str, Any]:
        record = {
            "attributes": {"type": self._sobject.name},
            **job.row.body,
            self._key_field: job.person.key,
        }
        return record | {"id": job.id} if job.id else record

    def _reopen(self, job: RowWrite) -> None:
        """Open a failed job again if another way is left."""
        failed = job.result
        if not isinstance(failed, SalesforceFailure):
            return
        if (
            failed.code == "REQUIRED_FIELD_MISSING"
            and "LastName" in failed.fields
            and not job.row.body.get("LastName")
        ):
            name = self._last_name or job.person.address.partition("@")[0] or job.person.key
            job.row, job.result = (
                job.row.having(LastName=name[:80]).noted(
                    f"there is no last name; {name!r} was taken"
                ),
                None,
            )
        elif job.id and failed.outcome is ErrorOutcome.TAKEN and failed.names(self._key_field):
            if job.renamed:
                job.row = job.row.noted(ANOTHER_HAS_IT.format(job.id))
            job.id, job.result = None, None  # another record has our key: it is the one
        elif job.id and _is_gone(failed):
            self._open_deleted(job)

    def _open_deleted(self, job: RowWrite) -> None:
        """Make it anew, unless that is not wanted."""
        if job.creates:
            job.changes, job.row = job.row, job.whole or job.row
            job.id, job.result, job.known, job.present = None, None, False, None
        else:
            job.result = Saved("", notes=(NOT_MADE_ANEW,))


def _collection(path: str, records: list[dict[str, Any]]) -> tuple[str, str, Any]:
    return "PATCH", path, {"allOrNone": False, "records": records}


def read_results(answer: Any, count: int) -> list[Saved | SalesforceFailure]:
    """Read the results of a collection, which stand in the order of its records.

    Raises Unavailable where they do not fit.
    """
    if not isinstance(answer, list) or len(answer) != count:
        raise Unavailable(f"the answer holds no {count} results")
    return [_result(each) for each in answer]


def _result(each: Mapping[str, Any]) -> Saved | SalesforceFailure:
    if each.get("success"):
        return Saved(str(each["id"]), bool(each.get("created")))
    return read_errors(each.get("errors") or ())


def _is_to_unite(job: RowWrite) -> bool:
    return not (job.row.appends or {}).keys() <= job.row.body.keys()


def _is_read(job: RowWrite) -> bool:
    """Tell whether the options of a row have just been read, or there is no such row."""
    if job.present is None:
        return False
    return not job.present or job.present.keys() >= (job.row.appends or {}).keys()


def _is_gone(failed: SalesforceFailure) -> bool:
    """Tell whether it is the record itself that was deleted or merged, and not one that it names in
    a field.
    """
    gone = failed.outcome is ErrorOutcome.GONE or failed.code == "NOT_FOUND"
    return gone and not {*failed.fields} - {"Id"}
