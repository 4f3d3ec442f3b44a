"""Records whose fields have rules: some only go forward, some are the CRM's own once they are
filled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from connectors.base import Record, Value

Overwrite = Literal["always", "if_empty", "never"]
"""When a field may be written: always, where the CRM's is empty, or only with a new record."""


@dataclass(frozen=True, slots=True)
class RuledRecord(Record):
    """`ranks`: field → a text that sorts before those of the values that may follow; what has none
    is the newest event's. `overwrite`: field → when it may be written, where that is not always.
    """

    ranks: Mapping[str, str] = field(default_factory=dict)
    overwrite: Mapping[str, Overwrite] = field(default_factory=dict)


def ranks_of(record: Record) -> Mapping[str, str]:
    """Those of its fields that have one."""
    return record.ranks if isinstance(record, RuledRecord) else {}


def overwrite_of(record: Record) -> Mapping[str, Overwrite]:
    """When each of its fields may be written, where that is not always."""
    return record.overwrite if isinstance(record, RuledRecord) else {}


def make_record(
    ranks: Mapping[str, str],
    overwrite: Mapping[str, Overwrite],
    object: str,
    key: str,
    fields: Mapping[str, Value],
    **others: Any,
) -> Record:
    """A record of this content, with these rules where there are any."""
    if not (ranks or overwrite):
        return Record(object, key, fields, **others)
    return RuledRecord(object, key, fields, **others, ranks=ranks, overwrite=overwrite)
