"""Asks the CRM what it holds of records, where that decides what is written of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from connectors.base import (
    Connector,
    Found,
    Outcome,
    Reads,
    Record,
    Ref,
    Refused,
    Retry,
    Saved,
    TimedOut,
    Unavailable,
)
from receiver.delivery.batch_splitter import BatchSplitter, NoAnswer
from receiver.delivery.fields.ownership import if_empty_fields
from receiver.delivery.merge import MergedRecord
from receiver.delivery.records.record_result import Known

FoundRecords = dict[Ref, Found | Retry | Refused | NoAnswer | None]
"""What the CRM was asked for: what it holds, None where it has no such record, or why that is not
known.
"""


async def read_records(
    connector: Connector, calls: BatchSplitter, merged: Sequence[MergedRecord], known: Known
) -> FoundRecords:
    """What the CRM holds of these, or why that is not known; nothing where it cannot be read."""
    if not merged or not isinstance(connector, Reads):
        return {}
    asked = [_by_known_id(one, known) for one in merged]
    found = await _read(connector, calls, asked)
    # what was merged or deleted in the CRM may be there by its key
    gone = [
        replace(record, id=None, former_key=None)
        for record in asked
        if record.id and not found[record.ref]
    ]
    return found | await _read(connector, calls, gone)


def by_key_field(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Records of one object in groups that one call can hold: it has one key field."""
    in_order = sorted(records, key=lambda record: record.key_field or "")
    return (list(group) for _, group in groupby(in_order, key=lambda record: record.key_field))


def _by_known_id(merged: MergedRecord, known: Known) -> Record:
    record, state = merged.record, known.get(merged.ref)
    return replace(record, id=state.id, former_key=state.former_key) if state else record


async def _read(connector: Reads, calls: BatchSplitter, records: Sequence[Record]) -> FoundRecords:
    found: FoundRecords = {}

    async def read(asked: Sequence[Record]) -> Sequence[Outcome]:
        fields = sorted({name for record in asked for name in if_empty_fields(record)})
        try:
            answers = await connector.read(asked[0].object, asked, fields)
        except TimedOut as late:  # it writes nothing: no need to wait until it is over
            raise Unavailable(str(late), late.retry_after) from late
        found.update(zip((record.ref for record in asked), answers, strict=True))
        return [Saved(one.id if one else "") for one in answers]

    for group in by_key_field(records):
        for record, verdict in await calls.call_in_parts(f"{group[0].object}?", group, read):
            if isinstance(verdict, NoAnswer):
                found[record.ref] = replace(verdict, sent=False, asked=verdict.sent)
            elif not isinstance(verdict, Saved):
                found[record.ref] = verdict
    return found
