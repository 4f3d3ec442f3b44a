"""What an attempt changed of a record, compared with what was saved of it before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from receiver.console.views.record_links import SentRecord, read_value
from receiver.inbox import SavedRecord

_CUT = re.compile(r"(.*)… \((\d+) characters\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field as it was sent; `before` is None where it was not sent before."""

    name: str
    value: str
    before: str | None


@dataclass(frozen=True, slots=True)
class RecordChanges:
    """`since` is when the record was saved before; None where it is new, or where nothing is kept
    to compare with. Of such a record no field is known to be changed.
    """

    is_new: bool
    since: datetime | None
    changed: Sequence[FieldChange]
    same: Sequence[FieldChange]

    def summarise(self, outcome: str) -> str:
        """In a few words; empty where nothing is known. What was not saved would have changed."""
        if self.is_new:
            return "new record"
        if self.since is None:
            return ""
        number, of = len(self.changed), len(self.changed) + len(self.same)
        verb = "changed" if outcome == "saved" else "would change"
        if not number:
            return f"no field {verb}"
        return f"{number:,} of {of:,} {'field' if of == 1 else 'fields'} {verb}"


def find_changes(
    sent: SentRecord, place: tuple[int, int], history: Sequence[SavedRecord]
) -> RecordChanges:
    """`place` is where the record was sent, as (attempt, place in it); `history` is in order."""
    if sent.created:
        return RecordChanges(True, None, (), _fields(sent, {}))
    last = next((one for one in reversed(history) if (one.attempt, one.place) < place), None)
    if last is None:
        return RecordChanges(False, None, (), _fields(sent, {}))
    before = {name: read_value(value) for name, value in last.fields.items()}
    fields = _fields(sent, before)
    changed = [one for one in fields if not _same(one.value, one.before)]
    return RecordChanges(False, last.at, changed, [one for one in fields if one not in changed])


def _fields(sent: SentRecord, before: Mapping[str, str]) -> list[FieldChange]:
    return [FieldChange(name, value, before.get(name)) for name, value in sent.fields.items()]


def _same(value: str, before: str | None) -> bool:
    """A long value is kept by its beginning and its length: that much is compared."""
    if before is None or value == before:
        return value == before
    (one, length), (other, length_before) = _kept(value), _kept(before)
    shorter = min(len(one), len(other))
    return length == length_before and one[:shorter] == other[:shorter]


def _kept(value: str) -> tuple[str, int]:
    cut = _CUT.fullmatch(value)
    return (cut[1], int(cut[2])) if cut else (value, len(value))
