"""What a CRM checks before it writes: each record becomes a row for the store, or a refusal with
the CRM's words.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING

from connectors.base import Append, Record, Refused
from connectors.sandbox.values import (
    MAX_KEY,
    Json,
    as_text,
    is_email,
    is_name,
    is_storable,
    stored_value,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.base import Value
    from connectors.sandbox.settings import RefuseRule


@dataclass(frozen=True, slots=True)
class SandboxRow:
    """A record that may be written."""

    key: str
    fields: dict[str, Json | Append]
    initial: dict[str, Json | Append] = dataclass_field(default_factory=dict)  # if it is new
    creates: bool = True
    former_key: str | None = None  # of the record that is to get the key


def accept_records(
    records: Sequence[Record], key_field: str | None, rules: Sequence[RefuseRule]
) -> list[SandboxRow | Refused]:
    """Check a batch, in its order.

    `key_field` holds the keys; one that is called `email` holds addresses.
    """
    rows = [_accept(record, key_field, rules) for record in records]
    times = Counter(row.key for row in rows if isinstance(row, SandboxRow))
    return [
        _twice(row.key) if isinstance(row, SandboxRow) and times[row.key] > 1 else row
        for row in rows
    ]


def stored_key(key: str, key_field: str | None) -> str:
    """Give the form in which a key is kept: addresses in lower case."""
    return key.strip().lower() if key_field == "email" else key


def _accept(
    record: Record, key_field: str | None, rules: Sequence[RefuseRule]
) -> SandboxRow | Refused:
    key = stored_key(record.key, key_field)
    return (
        _bad_key(key, key_field)
        or _by_rule(record, key, key_field, rules)
        or _row(record, key, key_field)
    )


def _bad_key(key: str, key_field: str | None) -> Refused | None:
    if not key or len(key) > MAX_KEY or not is_storable(key):
        return Refused(
            "INVALID_KEY", f"a key has 1 to {MAX_KEY} characters, and no NUL among them", key_field
        )
    if key_field == "email" and not is_email(key):
        return Refused("INVALID_EMAIL", f"{key!r} is no e-mail address", key_field)
    return None


def _row(record: Record, key: str, key_field: str | None) -> SandboxRow | Refused:
    fields, initial = _stored(record.fields), _stored(record.on_create)
    if isinstance(fields, Refused):
        return fields
    if isinstance(initial, Refused):
        return initial
    if key_field is not None:
        fields[key_field] = key
    former = None if record.former_key is None else stored_key(record.former_key, key_field)
    return SandboxRow(key, fields, initial, record.creates, former)


def _stored(values: Mapping[str, Value]) -> dict[str, Json | Append] | Refused:
    fields: dict[str, Json | Append] = {}
    for name, value in values.items():
        if not is_name(name):
            return Refused(
                "INVALID_FIELD",
                f"{name!r} is no field name: letters, digits and _, a letter first",
                name,
            )
        try:
            fields[name] = stored_value(value)
        except (TypeError, ValueError) as error:
            return Refused("INVALID_VALUE", str(error), name)
    return fields


def _twice(key: str) -> Refused:
    return Refused("DUPLICATE_KEY", f"{key!r} stands more than once in the batch")


def _by_rule(
    record: Record, key: str, key_field: str | None, rules: Sequence[RefuseRule]
) -> Refused | None:
    for rule in rules:
        field = None if rule.field == key_field else rule.field
        if rule.object in (None, record.object) and any(
            _matches(rule, text) for text in _ruled_texts(record, key, field)
        ):
            return Refused(rule.code, rule.message, rule.field)
    return None


def _ruled_texts(record: Record, key: str, field: str | None) -> Sequence[str]:
    """The values that a rule looks at: those of the field, or the key."""
    if field is None:
        return (key,)
    try:
        value = stored_value(record.fields[field])
    except (KeyError, TypeError, ValueError):
        return ()
    return value.values if isinstance(value, Append) else (as_text(value),)


def _matches(rule: RefuseRule, text: str) -> bool:
    if rule.value is not None:
        return rule.value == text
    return rule.pattern is None or re.search(rule.pattern, text) is not None
