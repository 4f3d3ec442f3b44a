"""Writes the records of several lanes in as few calls as they fit in, and says per record how it
went.

Records that several lanes share are merged into one. A record waits for those that it links to, and
shares their fate when they fail. A field that a newer event has set is left as it is, and so is one
that is the CRM's own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from connectors.base import (
    Connector,
    Found,
    Link,
    Links,
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
from receiver.delivery.batch_splitter import BatchSplitter, NoAnswer, Verdict
from receiver.delivery.fields.option_growth import upsert_growing
from receiver.delivery.fields.ownership import (
    HeldRecord,
    held_record,
    kept_fields,
    needs_reading,
    unowned_fields,
)
from receiver.delivery.former_keys import MOVE_LATER, NOT_MOVED, in_turns, moving_keys
from receiver.delivery.loop_share import LoopShare
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

FoundRecords = dict[Ref, Found | Retry | Refused | NoAnswer | None]
"""What the CRM was asked for: what it holds, None where it has no such record, or why that is not
known.
"""


@dataclass(slots=True)
class RecordResult:
    """What became of one record. `links`: target → what came of tying it, where that was tried.

    `left_out`: fields that a newer event has set. `kept`: fields that are the CRM's own. `missing`:
    what it links to and the CRM does not have. `sent`: a call was made for it, which may have
    written it; `was_read`: one has told what the CRM holds of it.
    """

    merged: MergedRecord
    verdict: Verdict
    sent: bool = False
    was_read: bool = False
    left_out: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
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
        return isinstance(self.verdict, Saved) and not self.verdict.id

    def verdicts(self) -> list[Verdict]:
        """The record's own verdict, and those of its links."""
        return [self.verdict, *self.links.values()]

    def remote(self, known: RecordState | None) -> RecordStateRow | None:
        """What is to be remembered of it; None where nothing new is known."""
        former_key = known.former_key if known else None
        learnt = self.sent or (not former_key and (self.was_read or self.tied))
        if not isinstance(self.verdict, Saved) or self.is_missing or not learnt:
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


async def write_records(
    connector: Connector,
    writes: Sequence[LaneWrite],
    known: Known,
    calls: BatchSplitter,
    *,
    now: datetime,
    held: Mapping[Ref, float],
    share: LoopShare,
    dry_run: bool = False,
) -> Results:
    """Upsert the records of all lanes, then link them.

    Never raises a ConnectorError: it is in the results.

    In a dry run the CRM is asked what it holds, where that decides what is written, and no more.

    `held`: records that an earlier call may be writing still, and for how many seconds.
    """
    writer = _Writer(connector, known, calls, version_horizon(now), held, share, dry_run)
    merged = await merge_writes(writes, share)
    for object_name in in_order_of_links(one.record for one in merged):
        theirs = [one for one in merged if one.record.object == object_name]
        for turn in in_turns(theirs, writer.moving):
            await writer.upsert(turn)
    if not dry_run:
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
        share: LoopShare,
        dry_run: bool,
    ) -> None:
        self._dry_run = dry_run
        self.moving = moving_keys(known)
        self._connector = connector
        self._known = known
        self._calls = calls
        self._horizon = horizon
        self._held = held
        self._share = share
        self.results: dict[Ref, RecordResult] = {}

    async def upsert(self, merged: Sequence[MergedRecord]) -> None:
        """All of one object, in calls of one key field."""
        open_ = [one async for one in self._in_turn(merged) if self._begin(one)]
        found = await self._read([one for one in open_ if needs_reading(one, self._known)])
        ready = [
            record async for one in self._in_turn(open_) if (record := self._ready(one, found))
        ]
        if self._dry_run:
            for record in ready:
                self.results[record.ref].verdict = Saved(record.id or NOT_WRITTEN)
            return
        for records in _by_key_field(ready):
            for record, verdict in await self._calls.call_in_parts(
                records[0].object, records, self._upsert
            ):
                result = self.results[record.ref]
                result.verdict = verdict
                result.sent = not isinstance(verdict, NoAnswer) or verdict.sent

    async def _in_turn(self, merged: Iterable[MergedRecord]) -> AsyncIterator[MergedRecord]:
        """One after the other, with the turns of others between them."""
        for one in merged:
            await self._share.give_way()
            yield one

    def _begin(self, one: MergedRecord) -> bool:
        """Whether it is still open what comes of it; else its verdict is set."""
        known = self._known.get(one.ref)
        result = self.results[one.ref] = RecordResult(one, _NOT_YET)
        if known:
            result.stamps = known.stamps
            result.left_out = superseded_fields(known.stamps, one.stamps, self._horizon)
        if one.record.links:
            targets = {target: self.results.get(target) for target in one.record.links}
            result.missing = frozenset(
                target for target, its in targets.items() if its and its.is_missing
            )
        verdict = self._not_moved(one) or self._foregone(one, known, result.left_out)
        result.verdict = verdict or _NOT_YET
        return verdict is None

    def _ready(self, one: MergedRecord, found: FoundRecords) -> Record | None:
        """The record as it is to be sent; or None, with its verdict set, where it need not or
        cannot be.
        """
        result, known = self.results[one.ref], self._known.get(one.ref)
        answer = found.get(one.ref)
        if isinstance(answer, Retry | Refused | NoAnswer):
            result.verdict = answer
            return None
        result.was_read = one.ref in found
        held = None if result.was_read and answer is None else held_record(known, answer)
        if held is None and not one.record.creates:
            result.verdict = Saved("", notes=(_NOT_THERE,))
            return None
        return self._owned(one, held)

    def _owned(self, one: MergedRecord, held: HeldRecord | None) -> Record | None:
        """The record without what is not the gateway's to write."""
        result = self.results[one.ref]
        result.kept = frozenset() if held is None else kept_fields(one.record, held)
        known, id_ = self._known.get(one.ref), None if held is None else held.id
        former_key = known.former_key if known and held else None
        if not (result.left_out or result.kept or result.missing):  # all of it is, as nearly always
            result.stamps = {**result.stamps, **one.stamps}
            return replace(one.record, id=id_, former_key=former_key) if held else one.record
        fields = {
            name: value for name, value in one.record.fields.items() if name not in result.left_out
        }
        initial = {name: value for name, value in fields.items() if name in result.kept}
        sent = {name: value for name, value in fields.items() if name not in result.kept}
        # a field that was found filled counts as filled from now on: it is not asked for again
        result.stamps = {
            **result.stamps,
            **{
                name: stamp
                for name, stamp in one.stamps.items()
                if name in sent or (name in initial and name not in result.stamps)
            },
        }
        if held is not None and initial and not (sent or former_key):
            result.verdict = Saved(held.id)
            return None
        links = tuple(target for target in one.record.links if target not in result.missing)
        return replace(
            one.record,
            id=id_,
            fields=sent,
            links=links,
            on_create=initial,
            former_key=former_key,
        )

    async def _read(self, merged: Sequence[MergedRecord]) -> FoundRecords:
        """What the CRM holds of these, or why that is not known."""
        if not merged or not isinstance(self._connector, Reads):
            return {}
        asked = [self._as_asked(one) for one in merged]
        found = await self._find(self._connector, asked)
        # what was merged or deleted in the CRM may be there by its key
        gone = [
            replace(record, id=None, former_key=None)
            for record in asked
            if record.id and not found[record.ref]
        ]
        return found | await self._find(self._connector, gone)

    def _as_asked(self, one: MergedRecord) -> Record:
        known = self._known.get(one.ref)
        return (
            replace(one.record, id=known.id, former_key=known.former_key) if known else one.record
        )

    async def _find(self, connector: Reads, records: Sequence[Record]) -> FoundRecords:
        found: FoundRecords = {}

        async def read(asked: Sequence[Record]) -> Sequence[Outcome]:
            fields = sorted({name for record in asked for name in unowned_fields(record)})
            try:
                answers = await connector.read(asked[0].object, asked, fields)
            except TimedOut as late:  # it writes nothing: no need to wait until it is over
                raise Unavailable(str(late), late.retry_after) from late
            found.update(zip((record.ref for record in asked), answers, strict=True))
            return [Saved(one.id if one else "") for one in answers]

        for group in _by_key_field(records):
            for record, verdict in await self._calls.call_in_parts(
                f"{group[0].object}?", group, read
            ):
                if isinstance(verdict, NoAnswer):
                    found[record.ref] = replace(verdict, sent=False, asked=verdict.sent)
                elif not isinstance(verdict, Saved):
                    found[record.ref] = verdict
        return found

    def _not_moved(self, one: MergedRecord) -> Verdict | None:
        """Why the key is another record's still, where that has just been tried to give it up."""
        mover = self.moving.get(one.ref)
        result = self.results.get(mover) if mover else None
        if result is None or isinstance(result.verdict, Saved):
            return None
        refused = MOVE_LATER if result.merged.record.fields else NOT_MOVED
        return refused if isinstance(result.verdict, Refused) else result.verdict

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
        return await upsert_growing(self._connector, records)


def _by_key_field(records: Iterable[Record]) -> Iterator[list[Record]]:
    in_order = sorted(records, key=lambda record: record.key_field or "")
    return (list(group) for _, group in groupby(in_order, key=lambda record: record.key_field))


NOT_WRITTEN = "dry run"  # in the place of the id that a new record would get
_NOT_YET = Retry("not tried yet")
_NOT_THERE = "it is not in the CRM, and the mapping makes none: nothing was written"
_STILL_WRITING = TimedOut("an earlier call has had no answer, and may be writing still")


def link_name(target: Ref) -> str:
    """How a known link is remembered with its record."""
    return f"{target.object}/{target.key}"
