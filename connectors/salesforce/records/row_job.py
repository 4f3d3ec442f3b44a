"""One row on its way to Salesforce, and who it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.base import Outcome
    from connectors.salesforce.errors import SalesforceFailure
    from connectors.salesforce.records.field_values import FieldRow


@dataclass(frozen=True, slots=True)
class RowPerson:
    """Somebody to be written: our key, and the e-mail in lower case."""

    key: str
    address: str


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An Account that is to be made before the row that stands under it."""

    key: str
    name: str


@dataclass(slots=True)
class RowWrite:
    """One row on its way; without `id` it is an upsert by key. `result` is what came of it."""

    person: RowPerson
    row: FieldRow
    id: str | None = None
    result: Outcome | SalesforceFailure | None = None
    known: bool = False  # nothing has to be looked up before it is written
    present: Mapping[str, Any] | None = None  # what the org holds of it, where that was just read
    buyer: str | None = None  # the key of the Contact that it is linked to
    account: NewAccount | None = None
    whole: FieldRow | None = None  # what is written where the known record was deleted
    # what is written where that one turns out to go on as another record
    changes: FieldRow | None = None
    creates: bool = True  # one is made in its place
    renamed: bool = False  # the known record has had another key so far
