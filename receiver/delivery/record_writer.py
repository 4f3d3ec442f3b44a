"""Writes the records of several lanes in as few calls as they fit in, and says per record how it
went.

Records that several lanes share are merged into one. A record waits for those that it links to, and
shares their fate when they fail. A field that a newer event has set is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from connectors.base import (
    Connector,
    Link,
    Links,
    Outcome,
    Record,
    Ref,
    Refused,
    Retry,
    Saved,
    TimedOut,
)
from receiver.delivery.batch_splitter import BatchSplitter, NoAnswer, Verdict
from receiver.delivery.merge import LaneWrite, MergedRecord, merge_writes
from receiver.inbox import RecordState, RecordStateRow
from receiver.inbox.lanes.field_versions import (
    FieldVersions,
    newest_version,
    superseded_fields,
    version_horizon,
)
from receiver.mapping import in_order_of_links

Known = Mapping[tuple[str, str], RecordState]
"""What the CRM is known to hold, by `Ref`."""


@dataclass(slots=True)
class RecordResult:
    """What became of one record. `links`: target → what came of tying it, where that was tried.

    `left_out`: fields that a newer event has set. `sent`: a call was made for it, which may have
    written it.
    """

    merged: MergedRecord
    verdict: Verdict
    sent: bool = False
    left_out: frozenset[str] = frozenset()
    links: dict[Ref, Verdict] = field(default_factory=dict)
    tied: dict[str, str] = field(default_factory=dict)  # link name → the id that it was made to
    # of all fields that the CRM holds of ours now
    stamps: FieldVersions = field(default_factory=dict)

    @property
    def contested(self) -> bool:
        """Refused, and wanted otherwise by several lanes: whose fault it is, is open."""
        return not self.merged.uniform and isinstance(self.verdict, Refused)

    def verdicts(self) -> list[Verdict]:
        """The record's own verdict, and those of its links."""
        return [self.verdict, *self.links.values()]

    def remote(self, known: RecordState | None) -> RecordStateRow | None:
        """What is to be remembered of it; None where nothing new is known."""
        if not isinstance(self.verdict, Saved) or not (self.sent or self.tied):
            return None
        ref = self.merged.ref
        last = newest_version(self.stamps.values()) if self.stamps else None
        event_id = last.event_id if last else known.event_id if known else ""
        lane_id = last.lane_id if last else min(self.merged.lanes)
        digest = self.merged.digest if self.sent else known.digest if known else None
        return RecordStateRow(
            ref.object, ref.key, self.verdict.id, event_id, lane_id, self.stamps, self.tied, digest
        )


Results = Mapping[Ref, RecordResult]


async def write_records(
    connector: Connector,
    writes: Sequence[LaneWrite],
    known: Known,
    calls: BatchSplitter,
    *,
    now: datetime,
    held: Mapping[Ref, float],
) -> Results:
    """Upsert the records of all lanes, then link them.

    Never raises a ConnectorError: it is in the results.

    `held`: records that an earlier call may be writing still, and for how many seconds.
    """
    writer = _Writer(connector, known, calls, version_horizon(now), held)
    merged = merge_writes(writes)
    for object_name in in_order_of_links(one.record for one in merged):
        await writer.upsert([one for one in merged if one.record.object == object_name])
    await writer.link()
    return writer.results


def lane_results(results: Results, write: LaneWrite) -> Iterator[Verdict]:
    """What came of all records of a lane and of their links."""
    for record in write.records:
        result = results[record.ref]
        yield result.verdict
        yield from (result.links[target] for target in record.links if target in result.links)


class _Writer:
    def __init__(
        self,
        connector: Connector,
        known: Known,
        calls: BatchSplitter,
        horizon: str,
        held: Mapping[Ref, float],
    ) -> None:
        self._connector = connector
        self._known = known
        self._calls = calls
        self._horizon = horizon
        self._held = held
        self.results: dict[Ref, RecordResult] = {}

    async def upsert(self, merged: Sequence[MergedRecord]) -> None:
        """All of one object, in calls of one key field."""
        ready = [record for one in merged if (record := self._ready(one))]
        ready.sort(key=lambda record: record.key_field or "")
        for _, group in groupby(ready, key=lambda record: record.key_field):
            records = list(group)
            for record, verdict in await self._calls.call_in_parts(
                records[0].object, records, self._upsert
            ):
                result = self.results[record.ref]
                result.verdict = verdict
                result.sent = not isinstance(verdict, NoAnswer) or verdict.sent

    def _ready(self, one: MergedRecord) -> Record | None:
        """The record as it is to be sent; or None, with its verdict set, where it need not or
        cannot be.
        """
        known = self._known.get(one.ref)
        result = self.results[one.ref] = RecordResult(one, _NOT_YET)
        if known:
            result.stamps = known.stamps
            result.left_out = superseded_fields(known.stamps, one.stamps, self._horizon)
        if verdict := self._foregone(one, known, result.left_out):
            result.verdict = verdict
            return None
        result.stamps = {
            **result.stamps,
            **{name: stamp for name, stamp in one.stamps.items() if name not in result.left_out},
        }
        if known is None:
            return one.record
        fields = {
            name: value for name, value in one.record.fields.items() if name not in result.left_out
        }
        return replace(one.record, id=known.id, fields=fields)

    def _foregone(
        self, one: MergedRecord, known: RecordState | None, left_out: frozenset[str]
    ) -> Verdict | None:
        """What is known to come of a record without a call."""
        if known and one.record.doubtful and one.digest and known.digest == one.digest:
            return Saved(known.id, notes=("an earlier attempt has written it",))
        for target in one.record.links:
            result = self.results.get(target)
            if result is not None and not isinstance(result.verdict, Saved):
                return result.verdict
        if one.ref in self._held:
            return NoAnswer(_STILL_WRITING, sent=False, after=self._held[one.ref])
        if known and left_out and len(left_out) == len(one.record.fields):
            return Saved(known.id)
        return None

    async def link(self) -> None:
        """Tie what was saved to what it links to, save the pairs that are known to be tied."""
        connector = self._connector
        if not isinstance(connector, Links):
            return  # it has tied them within the write
        pairs = [pair for result in self.results.values() for pair in self._open_pairs(result)]
        pairs.sort(key=lambda pair: (pair.source.object, pair.target.object))
        for (source, target), group in groupby(
            pairs, key=lambda pair: (pair.source.object, pair.target.object)
        ):
            most = connector.limits.links
            for pair, verdict in await self._calls.call_in_parts(
                f"{source}>{target}", list(group), connector.link, most
            ):
                result = self.results[pair.source]
                result.links[pair.target] = verdict
                if isinstance(verdict, Saved):
                    result.tied[link_name(pair.target)] = pair.target_id

    def _open_pairs(self, result: RecordResult) -> Iterator[Link]:
        saved, record = result.verdict, result.merged.record
        if not isinstance(saved, Saved):
            return
        known = self._known.get(result.merged.ref)
        tied = known.links if known and known.id == saved.id else {}
        for target in record.links:
            target_id = self._id(target)
            if target_id and tied.get(link_name(target)) != target_id:
                yield Link(record.ref, target, saved.id, target_id, doubtful=record.doubtful)

    def _id(self, ref: Ref) -> str | None:
        result = self.results.get(ref)
        if result and isinstance(result.verdict, Saved):
            return result.verdict.id
        known = self._known.get(ref)
        return known.id if known else None

    async def _upsert(self, records: Sequence[Record]) -> Sequence[Outcome]:
        return await self._connector.upsert(records[0].object, records)


_NOT_YET = Retry("not tried yet")
_STILL_WRITING = TimedOut("an earlier call has had no answer, and may be writing still")


def worst_verdict(results: Iterable[Verdict]) -> Verdict:
    """What decides over a lane: a refusal, else a call without an answer, else the longest retry,
    else success.
    """
    found = [result for result in results if not isinstance(result, Saved)]
    if not found:
        return Saved("")
    refused = [result for result in found if isinstance(result, Refused)]
    unanswered = [result for result in found if isinstance(result, NoAnswer)]
    retries = [result for result in found if isinstance(result, Retry)]
    if refused:
        return refused[0]
    if unanswered:
        return max(unanswered, key=lambda result: (result.sent, result.after or 0))
    return max(retries, key=lambda result: result.after or 0)


def link_name(target: Ref) -> str:
    """How a known link is remembered with its record."""
    return f"{target.object}/{target.key}"
