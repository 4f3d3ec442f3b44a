"""What several lanes want written, as one set of records: each stands there once, in the order in which it must go."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.base import Record, Ref
from receiver.inbox.stamps import Stamp, is_newer
from receiver.mapping import fold


@dataclass(frozen=True, slots=True)
class Unit:
    """What one lane wants written: folded records, and the newest event behind them.

    `origins` tell of each record which event set which field. What only adds to a field has none: it undoes nothing, whenever it comes.
    """

    lane_id: int
    records: tuple[Record, ...]
    origins: Mapping[Ref, Mapping[str, str]]
    event_id: str
    doubtful: bool
    replay: int = 0  # which replay of the lane this belongs to

    def stamps(self, ref: Ref) -> dict[str, Stamp]:
        """Of the record's fields."""
        origins = self.origins[ref]
        stamps = {event_id: Stamp(event_id, self.lane_id) for event_id in set(origins.values())}
        return {name: stamps[event_id] for name, event_id in origins.items()}

    def mark(self, ref: Ref, record: Record) -> str:
        """By which a record that this unit wrote is known again, when the lane is retried."""
        newest = max(self.origins[ref].values(), default="")
        content = (self.replay, newest, sorted(record.fields.items()), record.links)
        return hashlib.sha256(repr(content).encode("utf-8", "replace")).hexdigest()[:32]


@dataclass(slots=True)
class Shared:
    """One record with the lanes that want it. `mark` is empty where there are several, or nothing is in doubt."""

    record: Record
    stamps: dict[str, Stamp]
    lanes: set[int]
    mark: str

    def add(self, unit: Unit, record: Record) -> None:
        """Fold in what another lane wants of it: of each field the newest event counts."""
        stamps = unit.stamps(self.record.ref)
        behind = {name for name, one in stamps.items() if (own := self.stamps.get(name)) and is_newer(own.event_id, one.event_id)}
        older = {name: value for name, value in record.fields.items() if name in behind}
        newer = {name: value for name, value in record.fields.items() if name not in behind}
        (merged,) = fold(((replace(record, fields=older), self.record, replace(record, fields=newer)),))
        self.record = replace(merged, doubtful=self.record.doubtful or unit.doubtful)
        self.stamps |= {name: stamps[name] for name in newer.keys() & stamps.keys()}
        self.lanes.add(unit.lane_id)
        self.mark = ""


def share(units: Sequence[Unit]) -> dict[Ref, Shared]:
    """One entry per record; where lanes share one, the newer event wins."""
    shared: dict[Ref, Shared] = {}
    for unit in sorted(units, key=lambda unit: unit.event_id):
        for record in unit.records:
            ref = record.ref
            if known := shared.get(ref):
                known.add(unit, record)
            else:
                doubtful, mark = (replace(record, doubtful=True), unit.mark(ref, record)) if unit.doubtful else (record, "")
                shared[ref] = Shared(doubtful, unit.stamps(ref), {unit.lane_id}, mark)
    return shared
