"""From records to the rows of a batch: keys, stages, currencies and values as HubSpot wants them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from connectors.base import Append, Record, Refused, Retry
from connectors.hubspot.stages import pipeline_fields, place
from connectors.hubspot.values import written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.base import Outcome
    from connectors.hubspot.account import Account, Pipeline, Property
    from connectors.hubspot.settings import HubSpotSettings

CURRENCY = "deal_currency_code"


@dataclass(frozen=True, slots=True)
class Row:
    """One record as it is sent. `trace` tells it apart from the others of its batch, in HubSpot's answers too."""

    trace: str
    key: str
    properties: Mapping[str, str]
    known_id: str | None = None
    notes: tuple[str, ...] = ()

    def as_input(self, key_field: str) -> dict[str, Any]:
        return {"id": self.key, "idProperty": key_field, "properties": self.properties, "objectWriteTraceId": self.trace}

    def without(self, field: str, note: str) -> Row:
        left = {name: value for name, value in self.properties.items() if name != field}
        return replace(self, properties=left, notes=(*self.notes, note))


async def prepare(
    type_: str, key_field: str, records: Sequence[Record], account: Account, settings: HubSpotSettings
) -> list[Row | Outcome]:
    """Make a row of each record in turn, or its outcome where there is nothing to send."""
    properties = await account.properties(type_)
    staged = any(pipeline_fields(type_)[1] in record.fields for record in records)
    pipelines = await account.pipelines(type_) if staged else None
    sheet = _Sheet(type_, key_field, properties, pipelines, settings)
    rows: list[Row | Outcome] = []
    seen: set[str] = set()
    for number, record in enumerate(records):
        row: Row | Outcome = sheet.row(f"aom-{number}", record)
        if isinstance(row, Row) and row.key.casefold() in seen:
            row = Retry("this key stands twice in the batch, which HubSpot refuses", 0)
        elif isinstance(row, Row):
            seen.add(row.key.casefold())
        rows.append(row)
    return rows


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What all records of a batch have in common."""

    type: str
    key_field: str
    properties: Mapping[str, Property] | None
    pipelines: tuple[Pipeline, ...] | None
    settings: HubSpotSettings

    def row(self, trace: str, record: Record) -> Row | Refused:
        key = record.key.strip()
        if not key:
            return Refused("NO_KEY", f"a {record.object} is known by its {self.key_field}, which is empty", self.key_field)
        if self.key_field == "email":
            key = key.lower()
        fields = {name: value for name, value in record.fields.items() if value != Append(())}
        texts = {name: written(value, self._property(name)) for name, value in fields.items() if name != self.key_field}
        texts |= place(self.type, fields, self.pipelines, self.settings.pipeline)
        if self.key_field != "email":  # an e-mail may match by a secondary address: to write it would make that the primary one
            texts[self.key_field] = key
        return self._currency(Row(trace, key, texts, record.id))

    def _property(self, name: str) -> Property | None:
        return self.properties.get(name) if self.properties is not None else None

    def _currency(self, row: Row) -> Row | Refused:
        code = row.properties.get(CURRENCY)
        if self.type != "deals" or not code or self.properties is None:
            return row
        known = self.properties.get(CURRENCY)
        if known is not None and (not known.options or code in known.options):
            return row
        if self.settings.unknown_currency == "refuse":
            return Refused("INVALID_OPTION", currency_note(code), CURRENCY)
        return row.without(CURRENCY, currency_note(code) + ", left out")


def currency_note(code: str) -> str:
    return f"{code} is no currency of the account (Settings → Account Management → Account Defaults → Currency)"
