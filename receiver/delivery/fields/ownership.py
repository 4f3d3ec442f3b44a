"""Who owns a field: the gateway, or the people who work in the CRM.

By `overwrite` a field may be the CRM's own once it is filled, or once its record is there. The CRM
is asked only for what is not known: of a record without an id, and of a field that the gateway has
neither filled nor found filled.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import Found, Record
from receiver.delivery.merge import MergedRecord
from receiver.inbox import RecordState
from receiver.mapping import overwrite_of


@dataclass(frozen=True, slots=True)
class ExistingRecord:
    """What is known of a record that the CRM has: which fields are `filled`."""

    id: str
    filled: Collection[str]


def needs_reading(one: MergedRecord, known: Mapping[tuple[str, str], RecordState]) -> bool:
    """Whether what the CRM holds decides over what is written of the record."""
    state = known.get(one.ref)
    if state is None:
        return bool(overwrite_of(one.record)) or not one.record.creates
    return any(name not in state.stamps for name in if_empty_fields(one.record))


def if_empty_fields(record: Record) -> list[str]:
    """Fields that are written only where the CRM's are empty."""
    return [name for name, rule in overwrite_of(record).items() if rule == "if_empty"]


def existing_record(known: RecordState | None, found: Found | None) -> ExistingRecord | None:
    """What the CRM has, by what it has answered and by what is remembered."""
    filled = set(known.stamps) if known else set()
    if found is not None:
        filled |= {name for name, value in found.fields.items() if not is_empty(value)}
        return ExistingRecord(found.id, filled)
    return ExistingRecord(known.id, filled) if known else None


def crm_owned_fields(record: Record, existing: ExistingRecord) -> frozenset[str]:
    """Fields of a record that is there which are left as they are."""
    rules = overwrite_of(record)
    return frozenset(
        name for name, rule in rules.items() if rule == "never" or name in existing.filled
    )


def is_empty(value: Any) -> bool:
    """Whether a field with this value holds nothing; "no" and 0 are something."""
    return value is None or value in ("", [], ())
