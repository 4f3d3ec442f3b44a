"""Records and links: what the gateway gives a connector to write.

`connectors.base` exports all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, Self


@dataclass(frozen=True, slots=True)
class Append:
    """Options to add to a multiple-choice field, leaving those that are there.

    Folding unites them in order. `grow`: the gateway has asked the connector before the write to
    make those that the CRM lacks, see `Grows`.
    """

    values: tuple[str, ...]
    grow: bool = False


class JsonText(str):
    """A list or a whole thing: the JSON that it reads as where a field takes texts alone, and its
    `data` for a connector that can send it as it is: lists, dicts, texts, ints, Decimals, bools,
    None.

    It is a text like any other to a connector that does not ask.
    """

    __slots__ = ("data",)
    data: Any

    def __new__(cls, text: str, data: Any) -> Self:
        made = super().__new__(cls, text)
        made.data = data
        return made


Value = str | bool | int | Decimal | date | datetime | Append
"""A field's value keeps its type until the connector writes it.

`""` clears a field; a field that is absent is left alone.
"""


class Ref(NamedTuple):
    """Names one record: `object` is `contact`, `deal` or the CRM's own name; `key` is unique in
    it.
    """

    object: str
    key: str


@dataclass(frozen=True, slots=True)
class Record:
    """One keyed write: create the record, or bring these fields of it to these values.

    `on_create` and `creates` tell what to do where the record with this `id` was deleted in the
    CRM.
    """

    object: str
    key: str
    fields: Mapping[str, Value]
    # None: the connector's own for that object, see `Connector.key_fields`
    key_field: str | None = None
    links: tuple[Ref, ...] = ()  # for CRMs that link within the write; others leave it to `link`
    id: str | None = None  # the CRM's id, where an earlier write returned one
    doubtful: bool = False  # an earlier attempt got no answer: it may have been written already
    # further fields of the record that is made in its place
    on_create: Mapping[str, Value] = field(default_factory=dict)
    creates: bool = True  # False: none is made, and the outcome is Saved with an empty id
    # the newest event that it comes of, and when the gateway received that: with object and key it
    # names one write, however often that is sent
    event_id: str = ""
    event_at: datetime | None = None
    # what the record with this `id` has as its key so far: it gets the new one. Where another
    # record has that already, that one is written, and `Saved.notes` tell of both
    former_key: str | None = None

    @property
    def ref(self) -> Ref:
        return Ref(self.object, self.key)


@dataclass(frozen=True, slots=True)
class Link:
    """Ties `source` to `target`, e.g. a deal to its contact.

    Both exist; linking twice must be harmless.
    """

    source: Ref
    target: Ref
    source_id: str
    target_id: str
    doubtful: bool = False  # as in Record
