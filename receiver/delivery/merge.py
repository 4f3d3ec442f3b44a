"""What several lanes want written, as one set of records: each stands there once, in the order in
which it must go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.base import Append, Record, Ref
from receiver.delivery.loop_share import LoopShare
from receiver.inbox.db.event_ids import received_at
from receiver.inbox.lanes.field_versions import FieldVersion, is_behind
from receiver.mapping import fold_records, overwrite_of, ranks_of


@dataclass(frozen=True, slots=True)
class LaneWrite:
    """What one lane wants written: folded records, and the newest event behind them.

    `origins` tell of each record which event set which field, None where all are of that one. What
    only adds to a field has none: it undoes nothing, whenever it comes.
    """

    lane_id: int
    records: tuple[Record, ...]
    origins: Mapping[Ref, Mapping[str, str]] | None
    event_id: str
    doubtful: bool
    replay: int = 0  # which replay of the lane this belongs to

    def stamps(self, ref: Ref, record: Record) -> dict[str, FieldVersion]:
        """The versions of the record's fields."""
        if self.origins is None:
            stamp = FieldVersion(self.event_id, self.lane_id)
            stamps = {
                name: stamp for name, value in record.fields.items() if type(value) is not Append
            }
        else:
            origins = self.origins[ref]
            by_event = {
                event_id: FieldVersion(event_id, self.lane_id) for event_id in set(origins.values())
            }
            stamps = {name: by_event[event_id] for name, event_id in origins.items()}
        for name, rank in ranks_of(record).items():
            stamps[name] = FieldVersion(stamps[name].event_id, self.lane_id, rank)
        return stamps

    def newest_event(self, ref: Ref) -> str:
        """Name the newest event that set a field of the record; none where all add to theirs."""
        if self.origins is None:
            return self.event_id
        return max(self.origins[ref].values(), default="")

    def of_event(self, ref: Ref, record: Record) -> Record:
        """Give the record with the newest event behind it."""
        event_id = self.newest_event(ref) or self.event_id
        return replace(
            record,
            doubtful=record.doubtful or self.doubtful,
            event_id=event_id,
            event_at=received_at(event_id) if event_id else None,
        )

    def digest(self, ref: Ref, record: Record) -> str:
        """By which a record that this lane wrote is known again, when it is tried once more."""
        content = (self.replay, self.newest_event(ref), sorted(record.fields.items()), record.links)
        return hashlib.sha256(repr(content).encode("utf-8", "replace")).hexdigest()[:32]


@dataclass(slots=True)
class MergedRecord:
    """One record with the lanes that want it. `digest` is empty where there are several of them."""

    ref: Ref
    record: Record
    stamps: dict[str, FieldVersion]
    lanes: set[int]
    digest: str
    uniform: bool = True  # all of them want the same of it

    def add(self, write: LaneWrite, record: Record) -> None:
        """Fold in what another lane wants of it: of each field the newest event counts."""
        self.uniform &= record.fields == self.record.fields
        stamps = write.stamps(self.ref, record)
        behind = {
            name
            for name, one in stamps.items()
            if (own := self.stamps.get(name)) and is_behind(one, own)
        }
        # what is not written over goes to the older event, which comes first
        stands = self.record.fields.keys() & overwrite_of(record).keys() - behind
        older = {name: value for name, value in record.fields.items() if name in behind}
        newer = {
            name: value for name, value in record.fields.items() if name not in behind | stands
        }
        (merged,) = fold_records(
            ((replace(record, fields=older), self.record, replace(record, fields=newer)),)
        )
        newest = max(self.record, write.of_event(self.ref, record), key=lambda one: one.event_id)
        self.record = replace(
            merged,
            doubtful=self.record.doubtful or write.doubtful,
            event_id=newest.event_id,
            event_at=newest.event_at,
        )
        self.stamps |= {name: stamps[name] for name in newer.keys() & stamps.keys()}
        self.lanes.add(write.lane_id)
        self.digest = ""


async def merge_writes(writes: Sequence[LaneWrite], share: LoopShare) -> list[MergedRecord]:
    """One entry per record; where lanes share one, the newer event wins."""
    merged: dict[Ref, MergedRecord] = {}
    for write in sorted(writes, key=lambda write: write.event_id):
        await share.give_way()
        for record in write.records:
            ref = record.ref
            if known := merged.get(ref):
                known.add(write, record)
            else:
                merged[ref] = MergedRecord(
                    ref,
                    write.of_event(ref, record),
                    write.stamps(ref, record),
                    {write.lane_id},
                    write.digest(ref, record),
                )
    return list(merged.values())
