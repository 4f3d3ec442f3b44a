"""What became of each record of a batch, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.base import Ref, Refused, Saved
from receiver.delivery.batch_splitter import Verdict
from receiver.delivery.merge import LaneWrite, MergedRecord
from receiver.inbox import RecordState, RecordStateRow
from receiver.inbox.lanes.field_versions import FieldVersions, newest_version

Known = Mapping[tuple[str, str], RecordState]
"""What the CRM is known to hold, by `Ref`."""

NOT_WRITTEN = "dry run"  # in the place of the id that a new record would get


@dataclass(slots=True)
class RecordResult:
    """What became of one record. `links`: target → what came of tying it, where that was tried.

    `left_out`: fields that a newer event has set. `crm_owned`: fields that are the CRM's own.
    `missing`: what it links to and the CRM does not have. `sent`: a call was made for it, which may
    have written it; `was_read`: one has told what the CRM holds of it.
    """

    merged: MergedRecord
    verdict: Verdict
    sent: bool = False
    was_read: bool = False
    left_out: frozenset[str] = frozenset()
    crm_owned: frozenset[str] = frozenset()
    missing: frozenset[Ref] = frozenset()
    links: dict[Ref, Verdict] = field(default_factory=dict)
    tied: dict[str, str] = field(default_factory=dict)  # link name → the id that it was made to
    # of all fields that the CRM holds of ours now
    stamps: FieldVersions = field(default_factory=dict)

    @property
    def contested(self) -> bool:
        """Refused, and wanted otherwise by several lanes: whose fault it is, is open."""
        return not self.merged.uniform and isinstance(self.verdict, Refused)

    @property
    def is_missing(self) -> bool:
        """The CRM has no such record, and is to get none."""
        verdict = self.verdict
        return isinstance(verdict, Saved) and not verdict.id and not self.merged.record.creates

    def verdicts(self) -> list[Verdict]:
        """The record's own verdict, and those of its links."""
        return [self.verdict, *self.links.values()]

    def remote(self, known: RecordState | None) -> RecordStateRow | None:
        """What is to be remembered of it; None where nothing new is known, or nothing need be."""
        former_key = known.former_key if known else None
        learnt = self.sent or (not former_key and (self.was_read or self.tied))
        if not isinstance(self.verdict, Saved) or not self.verdict.id or not learnt:
            return None
        ref, links = self.merged.ref, self.tied
        if known and former_key and known.id == self.verdict.id:
            links = {**known.links, **self.tied}
        elif former_key:  # another one has the key: what the former one holds says nothing of it
            former_key, self.stamps = None, self.merged.stamps
        last = newest_version(self.stamps.values()) if self.stamps else None
        event_id = last.event_id if last else known.event_id if known else ""
        lane_id = last.lane_id if last else min(self.merged.lanes)
        digest = self.merged.digest if self.sent else known.digest if known else None
        return RecordStateRow(
            ref.object,
            ref.key,
            self.verdict.id,
            event_id,
            lane_id,
            self.stamps,
            links,
            digest,
            former_key,
        )


Results = Mapping[Ref, RecordResult]


def lane_results(results: Results, write: LaneWrite) -> Iterator[Verdict]:
    """What came of all records of a lane and of their links."""
    for record in write.records:
        result = results[record.ref]
        yield result.verdict
        yield from (result.links[target] for target in record.links if target in result.links)


def link_name(target: Ref) -> str:
    """How a known link is remembered with its record."""
    return f"{target.object}/{target.key}"
