"""Writing records by batch upsert, and the second chances of those that it turns down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.base import Misconfigured, Outcome, Record, Retry
from connectors.hubspot.answers import items
from connectors.hubspot.errors import CallRefused, call_error, record_outcome
from connectors.hubspot.match import Matched, match
from connectors.hubspot.prepare import CURRENCY, Row, currency_note, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.hubspot.account import Account
    from connectors.hubspot.api import Api
    from connectors.hubspot.faults import Fault
    from connectors.hubspot.settings import HubSpotSettings

NOT_TOLD = "HubSpot's answer does not say what became of this record"


@dataclass(frozen=True, slots=True)
class Batch:
    """One upsert of one type of object, known by one property."""

    type: str
    key_field: str
    api: Api
    account: Account
    settings: HubSpotSettings

    async def write(self, records: Sequence[Record]) -> list[Outcome]:
        """Outcomes in the order of the records. Raises what concerns all of them."""
        try:
            prepared = await prepare(self.type, self.key_field, records, self.account, self.settings)
            outcomes = await self.send([row for row in prepared if isinstance(row, Row)])
        except Misconfigured:
            self.account.forget(self.type)
            raise
        return [outcomes[row.trace] if isinstance(row, Row) else row for row in prepared]

    async def send(self, rows: Sequence[Row]) -> dict[str, Outcome]:
        """Outcomes by trace id. A refused batch of several is the gateway's to split."""
        if not rows:
            return {}
        body = {"inputs": [row.as_input(self.key_field) for row in rows]}
        try:
            data = await self.api.call("POST", self.api.paths.batch(self.type, "upsert"), body)
        except CallRefused as error:
            if len(rows) > 1:
                raise
            return {rows[0].trace: await self._again(rows[0], error.fault)}
        self.account.notice(items(data, "results"))
        found = match(rows, self.key_field, data)
        outcomes: dict[str, Outcome] = {**found.saved}
        without = [self._without_currency(row) for row in rows if self._is_currency(row, found.faults.get(row.trace))]
        outcomes |= await self.send(without)
        for row in rows:
            if row.trace in found.faults and row.trace not in outcomes:
                outcomes[row.trace] = await self._again(row, found.faults[row.trace])
        return outcomes | await self._loose(found)

    async def _loose(self, found: Matched) -> dict[str, Outcome]:
        """Rows of which the answer says nothing certain: alone, an answer can be about nothing else."""
        if found.saved:
            return {row.trace: (await self.send([row]))[row.trace] for row in found.loose}
        if found.loose and found.stray_faults:
            raise call_error(found.stray_faults[0])  # as if the whole batch had been refused
        return {row.trace: Retry(NOT_TOLD) for row in found.loose}

    async def _again(self, row: Row, fault: Fault) -> Outcome:
        """Write a refused row another way, where there is one."""
        if self._is_currency(row, fault):
            return (await self.send([self._without_currency(row)]))[row.trace]
        if fault.existing_id and self.type == "contacts":
            return await self._update(replace(row, known_id=fault.existing_id))
        return record_outcome(fault)

    def _is_currency(self, row: Row, fault: Fault | None) -> bool:
        may_go = self.settings.unknown_currency == "leave_out"
        return may_go and fault is not None and fault.field == CURRENCY and CURRENCY in row.properties

    def _without_currency(self, row: Row) -> Row:
        return row.without(CURRENCY, currency_note(row.properties[CURRENCY]) + ", left out")

    async def _update(self, row: Row) -> Outcome:
        """Write by id to the contact that HubSpot says has the e-mail, though it did not find it by that."""
        one = {"id": row.known_id, "properties": row.properties, "objectWriteTraceId": row.trace}
        try:
            data = await self.api.call("POST", self.api.paths.batch(self.type, "update"), {"inputs": [one]})
        except CallRefused as error:
            return record_outcome(error.fault)
        found = match([row], self.key_field, data)
        if fault := found.faults.get(row.trace):
            return record_outcome(fault)
        return found.saved.get(row.trace) or Retry(NOT_TOLD)
