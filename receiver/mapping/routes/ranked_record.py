"""Records with fields that only go forward: a stage that climbs, a date that is never set back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.base import Record


@dataclass(frozen=True, slots=True)
class RankedRecord(Record):
    """`ranks`: field → a text that sorts before those of the values that may follow.

    What has none is the newest event's.
    """

    ranks: Mapping[str, str] = field(default_factory=dict)


def ranks_of(record: Record) -> Mapping[str, str]:
    """Those of its fields that have one."""
    return record.ranks if isinstance(record, RankedRecord) else _NONE


def with_ranks(record: Record, ranks: Mapping[str, str]) -> RankedRecord:
    """The same with these ranks."""
    of = record
    return RankedRecord(
        of.object, of.key, of.fields, of.key_field, of.links, of.id, of.doubtful, ranks
    )


_NONE: Mapping[str, str] = {}
