"""From records to the rows of a batch: keys, stages, options and values as HubSpot wants them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from connectors.base import Append, Record, Refused, Retry
from connectors.hubspot.records.optional_properties import (
    CURRENCY,
    currency_note,
    left_out,
    may_leave_out,
    unknown_option,
)
from connectors.hubspot.records.property_values import write_value
from connectors.hubspot.records.stages import pipeline_fields, place_in_pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.base import Outcome, Value
    from connectors.hubspot.account import AccountSchema, Pipeline, Property
    from connectors.hubspot.settings import HubSpotSettings


ANOTHER_HAS_IT = (
    "another record has the new address or key already, and is written from now on; {}, which has "
    "the former one, stays as it is: merge the two in HubSpot"
)


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One record as it is sent in a batch.

    `trace` tells it apart from the others of its batch, in HubSpot's answers too.
    """

    trace: str
    key: str
    properties: Mapping[str, str]  # without the key
    known_id: str | None = None
    notes: tuple[str, ...] = ()
    claimed: bool = False  # HubSpot itself named the id, when the key was taken
    # further properties of the record that is made where the known one was deleted
    initial: Mapping[str, str] = field(default_factory=dict)
    creates: bool = True  # such a one is made
    grows: frozenset[str] = frozenset()  # properties whose options are made as they come
    former_key: str | None = None  # of the known one, which gets the key

    def as_upsert(self, key_field: str) -> dict[str, Any]:
        """Find or make the record by its key.

        A contact may be found by a secondary address: to write that too would make it the primary.
        """
        key = {} if key_field == "email" else {key_field: self.key}
        found = {"id": self.key, "idProperty": key_field, "objectWriteTraceId": self.trace}
        return {**found, "properties": {**self.properties, **key}}

    def as_update(self, key_field: str) -> dict[str, Any]:
        """Write to the record by its id.

        Its address stays as it is now, since people may have changed it; but the person may have a
        new one.
        """
        properties = dict(self.properties)
        if self.former_key is not None:
            properties[key_field] = self.key
        elif properties.get("email", "").casefold() == self.key.casefold():
            del properties["email"]
        return {"id": self.known_id, "properties": properties, "objectWriteTraceId": self.trace}

    def made_anew(self) -> BatchRow:
        """The same for a new record."""
        whole = {**self.initial, **self.properties}
        return replace(self, known_id=None, former_key=None, properties=whole)

    def given_up(self) -> BatchRow:
        """The same for the record that has the key, where the known one can't get it."""
        return replace(self.made_anew(), notes=(*self.notes, ANOTHER_HAS_IT.format(self.known_id)))

    def without(self, field: str, note: str) -> BatchRow:
        """The same row without one property, and why it was left out."""
        left = {name: value for name, value in self.properties.items() if name != field}
        return replace(self, properties=left, notes=(*self.notes, note))


async def prepare_rows(
    type_: str,
    key_field: str,
    records: Sequence[Record],
    account: AccountSchema,
    settings: HubSpotSettings,
) -> list[BatchRow | Outcome]:
    """Make a row of each record in turn, or its outcome where there is nothing to send."""
    properties = await account.properties(type_)
    staged = any(pipeline_fields(type_)[1] in record.fields for record in records)
    pipelines = await account.pipelines(type_) if staged else None
    sheet = _Sheet(type_, key_field, properties, pipelines, settings)
    rows: list[BatchRow | Outcome] = []
    seen: set[str] = set()
    for number, record in enumerate(records):
        row: BatchRow | Outcome = sheet.row(f"aom-{number}", record)
        if isinstance(row, BatchRow) and row.key.casefold() in seen:
            row = Retry("this key stands twice in the batch, which HubSpot refuses", 0)
        elif isinstance(row, BatchRow):
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

    def row(self, trace: str, record: Record) -> BatchRow | Refused:
        key = record.key.strip()
        if not key:
            return Refused(
                "NO_KEY",
                f"a {record.object} is known by its {self.key_field}, which is empty",
                self.key_field,
            )
        if self.key_field == "email":
            key = key.lower()
        texts = self._texts(record.fields)
        whole = self._texts({**record.on_create, **record.fields}) if record.on_create else {}
        row = BatchRow(
            trace,
            key,
            texts,
            record.id,
            initial=whole,
            creates=record.creates,
            grows=frozenset(
                name
                for name, value in record.fields.items()
                if isinstance(value, Append) and value.grow
            ),
            former_key=record.former_key if record.id else None,
        )
        return self._without_unknown(row)

    def _texts(self, given: Mapping[str, Value]) -> dict[str, str]:
        fields = {
            name: value
            for name, value in given.items()
            if not isinstance(value, Append) or value.values
        }
        values = ((name, value) for name, value in fields.items() if name != self.key_field)
        texts = {name: write_value(value, self._property(name)) for name, value in values}
        return texts | place_in_pipeline(self.type, fields, self.pipelines, self.settings.pipeline)

    def _property(self, name: str) -> Property | None:
        return self.properties.get(name) if self.properties is not None else None

    def _without_unknown(self, row: BatchRow) -> BatchRow | Refused:
        """Leave out, without asking first, what HubSpot's own list of options does not know."""
        for name, value in row.properties.items():
            if not value or not self._is_unknown(name, value):
                continue
            if may_leave_out(self.type, name, self.settings):
                row = row.without(name, left_out(name, value))
            elif name == CURRENCY:
                return Refused("INVALID_OPTION", currency_note(value), CURRENCY)
        return row

    def _is_unknown(self, name: str, value: str) -> bool:
        property_ = self._property(name)
        if property_ is None:
            return name == CURRENCY and self.type == "deals" and self.properties is not None
        return unknown_option(value, property_)
