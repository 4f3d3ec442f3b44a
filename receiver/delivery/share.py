"""What several lanes want written, as one set of records: each stands there once, in the order in which it must go."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.base import Record, Ref
from receiver.mapping import fold


@dataclass(frozen=True, slots=True)
class Unit:
    """What one lane wants written: folded records, and the newest event behind them."""

    lane_id: int
    records: tuple[Record, ...]
    event_id: str
    doubtful: bool
    replay: int = 0  # which replay of the lane this belongs to

    def mark(self, record: Record) -> str:
        """By which a record that this unit wrote is known again, when the lane is retried."""
        content = (self.replay, self.event_id, sorted(record.fields.items()), record.links)
        return hashlib.sha256(repr(content).encode("utf-8", "replace")).hexdigest()[:32]


@dataclass(slots=True)
class Shared:
    """One record with the lanes that want it. `mark` is empty where there are several."""

    record: Record
    event_id: str
    lanes: set[int]
    mark: str


def share(units: Sequence[Unit]) -> dict[Ref, Shared]:
    """One entry per record; where lanes share one, the newer event wins."""
    shared: dict[Ref, Shared] = {}
    for unit in sorted(units, key=lambda unit: unit.event_id):
        for record in unit.records:
            doubtful = replace(record, doubtful=unit.doubtful) if unit.doubtful else record
            known = shared.get(record.ref)
            if known is None:
                shared[record.ref] = Shared(doubtful, unit.event_id, {unit.lane_id}, unit.mark(record))
                continue
            (merged,) = fold(((known.record,), (doubtful,)))
            known.record = replace(merged, doubtful=known.record.doubtful or unit.doubtful)
            known.event_id = unit.event_id
            known.lanes.add(unit.lane_id)
            known.mark = ""
    return shared
