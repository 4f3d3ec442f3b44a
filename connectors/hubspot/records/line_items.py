"""Line items of deals: made with a new deal, kept up to date on a known one, gone with the item.

100 new deals cost one more call for each 100 of their items; 100 known ones one more than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.base import Record, Refused, Retry, Saved
from connectors.hubspot.errors import HubSpotCallRefused
from connectors.hubspot.json_answers import items_of, properties_of, text_of
from connectors.hubspot.property_definitions import KEY_FIELDS
from connectors.hubspot.records.links import associate_pairs
from connectors.hubspot.records.order_items import is_of_order
from connectors.hubspot.records.result_match import match_batch
from connectors.hubspot.records.rows import BatchRow, prepare_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.base import Outcome
    from connectors.hubspot.records.upsert import UpsertBatch

KEY_FIELD = KEY_FIELDS["line_item"]
AT_ONCE = 100
ON_DEAL = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 20}]  # line item → deal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DealItems:
    """A deal that was saved, and the line items that it is to have."""

    key: str
    id: str
    created: bool
    items: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class LineItems:
    """Writes the line items of deals.

    `batch` writes line items by their key, as it would any object.
    """

    batch: UpsertBatch

    async def write(self, deals: Sequence[DealItems]) -> dict[str, Outcome]:
        """Say by the deal's key what became of its items: Saved with notes, or Retry.

        Raises what concerns all.
        """
        outcomes: dict[str, Outcome] = {}
        new = [deal for deal in deals if deal.created]
        for chunk in _chunks([(deal, item) for deal in new for item in deal.items]):
            outcomes |= await self._create(chunk)
        saved = {item for item, outcome in outcomes.items() if isinstance(outcome, Saved)}
        left = [deal for deal in new if any(item.key not in saved for item in deal.items)]
        outcomes |= await self._update([*left, *(deal for deal in deals if not deal.created)])
        return {deal.key: _together(deal, outcomes) for deal in deals}

    async def _create(self, pairs: Sequence[tuple[DealItems, Record]]) -> dict[str, Outcome]:
        """Make line items on new deals, by the item's key.

        What is refused here is tried by its key next.
        """
        rows = await self._rows([item for _, item in pairs])
        deals = {item.key: deal.id for deal, item in pairs}
        body = {"inputs": [_as_input(row, deals[row.key]) for row in rows]}
        try:
            data = await self._call("create", body)
        except HubSpotCallRefused:
            return {}
        found = match_batch(rows, KEY_FIELD, data).saved
        return {row.key: found[row.trace] for row in rows if row.trace in found}

    async def _update(self, deals: Sequence[DealItems]) -> dict[str, Outcome]:
        """Write all items by their key, then put the deals' associations right."""
        outcomes: dict[str, Outcome] = {}
        for chunk in _chunks([item for deal in deals for item in deal.items]):
            keys = (item.key for item in chunk)
            outcomes |= dict(zip(keys, await self._upsert(chunk), strict=True))
        there = await self._associated(deals)
        wanted: dict[str, set[str]] = {deal.id: set() for deal in deals}
        for deal in deals:  # orders that were merged in HubSpot are one deal
            wanted[deal.id] |= _ids(deal, outcomes)
        missing = [(item, id_) for id_ in wanted for item in sorted(wanted[id_] - there[id_])]
        path = self.batch.api.paths.associate("line_items", "deals")
        for pairs in _chunks(missing):
            await associate_pairs(self.batch.api, path, pairs)
        await self._remove(deals, {id_: there[id_] - wanted[id_] for id_ in there})
        return outcomes

    async def _upsert(self, records: Sequence[Record]) -> list[Outcome]:
        """Refused as a whole, they are taken apart until the guilty one stands alone."""
        try:
            return await self.batch.write(records)
        except HubSpotCallRefused as error:
            if len(records) == 1:
                return [error.refusal]
            middle = len(records) // 2
            return [*await self._upsert(records[:middle]), *await self._upsert(records[middle:])]

    async def _associated(self, deals: Sequence[DealItems]) -> dict[str, set[str]]:
        """Ask which line items stand on each deal, by its id."""
        found: dict[str, set[str]] = {deal.id: set() for deal in deals}
        path = self.batch.api.paths.associated("deals", "line_items")
        for ids in _chunks(list(found)):
            data = await self.batch.api.call("POST", path, {"inputs": [{"id": id_} for id_ in ids]})
            for item in items_of(data, "results"):
                source = item.get("from")
                id_ = str(source.get("id")) if isinstance(source, dict) else ""
                tied = (str(to.get("toObjectId")) for to in items_of(item, "to"))
                found.setdefault(id_, set()).update(tied)
        return found

    async def _remove(self, deals: Sequence[DealItems], extra: Mapping[str, set[str]]) -> None:
        """Delete those of ours that an order has lost; what people have put on the deal stays."""
        keys: dict[str, str] = {}
        for ids in _chunks(sorted(set().union(*extra.values()))):
            body = {
                "properties": [KEY_FIELD],
                "propertiesWithHistory": [],
                "inputs": [{"id": id_} for id_ in ids],
            }
            data = await self._call("read", body)
            read = items_of(data, "results")
            keys |= {str(item.get("id")): text_of(properties_of(item), KEY_FIELD) for item in read}
        found = ((deal, id_) for deal in deals for id_ in sorted(extra[deal.id]))
        lost = [id_ for deal, id_ in found if is_of_order(keys.get(id_, ""), deal.key)]
        for ids in _chunks(lost):
            await self._call("archive", {"inputs": [{"id": id_} for id_ in ids]})

    async def _call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self.batch.api.call(
            "POST", self.batch.api.paths.batch("line_items", action), body
        )

    async def _rows(self, records: Sequence[Record]) -> list[BatchRow]:
        account, settings = self.batch.account, self.batch.settings
        prepared = await prepare_rows("line_items", KEY_FIELD, records, account, settings)
        return [row for row in prepared if isinstance(row, BatchRow)]


def _as_input(row: BatchRow, deal_id: str) -> dict[str, Any]:
    associations = [{"to": {"id": deal_id}, "types": ON_DEAL}]
    properties = {**row.properties, KEY_FIELD: row.key}
    return {"properties": properties, "associations": associations, "objectWriteTraceId": row.trace}


def _ids(deal: DealItems, outcomes: Mapping[str, Outcome]) -> set[str]:
    found = (outcomes.get(item.key) for item in deal.items)
    return {outcome.id for outcome in found if isinstance(outcome, Saved)}


def _together(deal: DealItems, outcomes: Mapping[str, Outcome]) -> Outcome:
    """Say what became of an order's items.

    One that is refused is a note; one that waits for no rule makes the order come again.
    """
    notes: list[str] = []
    for item in deal.items:
        name = item.fields["name"]
        match outcomes.get(item.key):
            case Saved(notes=said):
                notes += [f"line item {name}: {note}" for note in said]
            case Refused(code=code, message=message):
                notes.append(f"line item {name} was left out: {code}: {message}")
            case Retry(reason=reason, rule=rule) if rule:
                notes.append(f"line item {name} was left out: {reason}")
            case Retry(reason=reason, after=after):
                return Retry(f"line item {name}: {reason}", after)
    return Saved(deal.id, deal.created, tuple(notes))


def _chunks(found: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(found), AT_ONCE):
        yield found[start : start + AT_ONCE]
