"""Writes the records of several lanes in as few calls as they fit in, and says per record how it
went.

Records that several lanes share are merged into one. A record waits for those that it links to, and
shares their fate when they fail. A field that a newer event has set is left as it is, and so is one
that is the CRM's own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from connectors.base import Connector, Outcome, Record, Ref, Refused, Retry, Saved, TimedOut
from receiver.delivery.batch_splitter import BatchSplitter, NoAnswer, Verdict
from receiver.delivery.fields.option_growth import upsert_growing
from receiver.delivery.fields.ownership import (
    ExistingRecord,
    crm_owned_fields,
    existing_record,
    needs_reading,
)
from receiver.delivery.former_keys import MOVE_LATER, NOT_MOVED, in_turns, moving_keys
from receiver.delivery.loop_share import LoopShare
from receiver.delivery.merge import LaneWrite, MergedRecord, merge_writes
from receiver.delivery.records.record_linker import link_records
from receiver.delivery.records.record_reader import FoundRecords, by_key_field, read_records
from receiver.delivery.records.record_result import NOT_WRITTEN, Known, RecordResult, Results
from receiver.inbox import RecordState
from receiver.inbox.lanes.field_versions import superseded_fields, version_horizon
from receiver.mapping import in_order_of_links


async def write_records(
    connector: Connector,
    writes: Sequence[LaneWrite],
    known: Known,
    calls: BatchSplitter,
    *,
    now: datetime,
    in_flight: Mapping[Ref, float],
    share: LoopShare,
    dry_run: bool = False,
) -> Results:
    """Upsert the records of all lanes, then link them.

    Never raises a ConnectorError: it is in the results.

    In a dry run the CRM is asked what it holds, where that decides what is written, and no more.

    `in_flight`: records that an earlier call may be writing still, and for how many seconds.
    """
    writer = _Writer(connector, known, calls, version_horizon(now), in_flight, share, dry_run)
    merged = await merge_writes(writes, share)
    for object_name in in_order_of_links(one.record for one in merged):
        theirs = [one for one in merged if one.record.object == object_name]
        for turn in in_turns(theirs, writer.moving):
            await writer.upsert(turn)
    if not dry_run:
        await link_records(connector, calls, writer.results, known)
    return writer.results


class _Writer:
    def __init__(
        self,
        connector: Connector,
        known: Known,
        calls: BatchSplitter,
        horizon: str,
        in_flight: Mapping[Ref, float],
        share: LoopShare,
        dry_run: bool,
    ) -> None:
        self._dry_run = dry_run
        self.moving = moving_keys(known)
        self._connector = connector
        self._known = known
        self._calls = calls
        self._horizon = horizon
        self._in_flight = in_flight
        self._share = share
        self.results: dict[Ref, RecordResult] = {}

    async def upsert(self, merged: Sequence[MergedRecord]) -> None:
        """All of one object, in calls of one key field."""
        open_ = [one async for one in self._in_turn(merged) if self._begin(one)]
        unsure = [one for one in open_ if needs_reading(one, self._known)]
        found = await read_records(self._connector, self._calls, unsure, self._known)
        ready = [
            record async for one in self._in_turn(open_) if (record := self._ready(one, found))
        ]
        if self._dry_run:
            for record in ready:
                self.results[record.ref].verdict = Saved(record.id or NOT_WRITTEN)
            return
        for records in by_key_field(ready):
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
        existing = None if result.was_read and answer is None else existing_record(known, answer)
        if existing is None and not one.record.creates:
            result.verdict = Saved("", notes=(_NOT_THERE,))
            return None
        return self._owned(one, existing)

    def _owned(self, one: MergedRecord, existing: ExistingRecord | None) -> Record | None:
        """The record without what is not the gateway's to write."""
        result = self.results[one.ref]
        result.crm_owned = (
            frozenset() if existing is None else crm_owned_fields(one.record, existing)
        )
        known, id_ = self._known.get(one.ref), None if existing is None else existing.id
        former_key = known.former_key if known and existing else None
        if not (
            result.left_out or result.crm_owned or result.missing
        ):  # all of it is, as nearly always
            result.stamps = {**result.stamps, **one.stamps}
            return replace(one.record, id=id_, former_key=former_key) if existing else one.record
        fields = {
            name: value for name, value in one.record.fields.items() if name not in result.left_out
        }
        initial = {name: value for name, value in fields.items() if name in result.crm_owned}
        sent = {name: value for name, value in fields.items() if name not in result.crm_owned}
        # a field that was found filled counts as filled from now on: it is not asked for again
        result.stamps = {
            **result.stamps,
            **{
                name: stamp
                for name, stamp in one.stamps.items()
                if name in sent or (name in initial and name not in result.stamps)
            },
        }
        if existing is not None and initial and not (sent or former_key):
            result.verdict = Saved(existing.id)
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
        if one.ref in self._in_flight:
            return NoAnswer(_STILL_WRITING, sent=False, after=self._in_flight[one.ref])
        if known and left_out and len(left_out) == len(one.record.fields):
            return Saved(known.id)
        return None

    async def _upsert(self, records: Sequence[Record]) -> Sequence[Outcome]:
        return await upsert_growing(self._connector, records)


_NOT_YET = Retry("not tried yet")
_NOT_THERE = "it is not in the CRM, and the mapping makes none: nothing was written"
_STILL_WRITING = TimedOut("an earlier call has had no answer, and may be writing still")
