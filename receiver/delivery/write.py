"""Writes the records of several lanes in as few calls as they fit in, and says per lane how it went.

Records that several lanes share are folded into one. A record waits for those that it links to, and shares their fate when they
fail. A batch that is refused as a whole is split until the guilty record stands alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeVar

from connectors.base import (
    BatchRefused,
    Connector,
    ConnectorError,
    Link,
    Outcome,
    Record,
    Ref,
    Refused,
    Retry,
    Saved,
    Unavailable,
)
from receiver.inbox import Remote
from receiver.mapping import fold

T = TypeVar("T", Record, Link)


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


@dataclass(frozen=True, slots=True)
class Halted:
    """Not settled by the CRM: the whole call failed. `tried` says whether it may have been written all the same."""

    fault: ConnectorError
    tried: bool


Result = Outcome | Halted


@dataclass(slots=True)
class _Shared:
    """One record with the lanes that want it."""

    record: Record
    event_id: str
    lanes: set[int]
    mark: str


@dataclass(slots=True)
class Written:
    """What a batch did: per record and per link the outcome, in calls that the CRM answered or not."""

    records: dict[Ref, Result] = field(default_factory=dict)
    links: dict[tuple[Ref, Ref], Result] = field(default_factory=dict)
    known: set[Ref] = field(default_factory=set)  # not sent: an earlier attempt has written them
    fault: ConnectorError | None = None

    def results(self, unit: Unit) -> Iterator[Result]:
        """The results of all records of a lane and of their links."""
        for record in unit.records:
            yield self.records[record.ref]
            yield from (self.links[record.ref, target] for target in record.links if (record.ref, target) in self.links)


async def write(connector: Connector, units: Sequence[Unit], remotes: Mapping[tuple[str, str], Remote]) -> Written:
    """Upsert the records of all units, then link them. Never raises a ConnectorError: it is in the results."""
    batch = _Batch(connector, remotes)
    shared = _share(units)
    for object_name in _in_order_of_links(shared.values()):
        await batch.upsert([one for one in shared.values() if one.record.object == object_name])
    await batch.link(shared.values())
    return batch.written


def _share(units: Sequence[Unit]) -> dict[Ref, _Shared]:
    """One entry per record; where lanes share one, the newer event wins."""
    shared: dict[Ref, _Shared] = {}
    for unit in sorted(units, key=lambda unit: unit.event_id):
        for record in unit.records:
            doubtful = replace(record, doubtful=unit.doubtful) if unit.doubtful else record
            known = shared.get(record.ref)
            if known is None:
                shared[record.ref] = _Shared(doubtful, unit.event_id, {unit.lane_id}, unit.mark(record))
                continue
            (merged,) = fold(((known.record,), (doubtful,)))
            known.record = replace(merged, doubtful=known.record.doubtful or unit.doubtful)
            known.event_id = unit.event_id
            known.lanes.add(unit.lane_id)
            known.mark = ""
    return shared


def _in_order_of_links(shared: Iterable[_Shared]) -> list[str]:
    """Object names, those that are linked to before those that link. A circle of links is cut where it is met."""
    wants: dict[str, set[str]] = {}
    for one in shared:
        wants.setdefault(one.record.object, set()).update(target.object for target in one.record.links)
    ordered: list[str] = []

    def visit(name: str, path: frozenset[str]) -> None:
        if name in ordered or name in path or name not in wants:
            return
        for target in sorted(wants[name]):
            visit(target, path | {name})
        ordered.append(name)

    for name in sorted(wants):
        visit(name, frozenset())
    return ordered


class _Batch:
    """The calls of one batch and what came of them."""

    def __init__(self, connector: Connector, remotes: Mapping[tuple[str, str], Remote]) -> None:
        self._connector = connector
        self._remotes = remotes
        self.written = Written()

    async def upsert(self, shared: Sequence[_Shared]) -> None:
        """All of one object, in chunks of one key field."""
        ready = [record for one in shared if (record := self._ready(one))]
        ready.sort(key=lambda record: record.key_field or "")
        for _, group in groupby(ready, key=lambda record: record.key_field):
            for chunk in _chunks(list(group), self._connector.limits.records):
                outcomes = await self._call(chunk, self._upsert)
                self.written.records.update(zip((record.ref for record in chunk), outcomes, strict=True))

    def _ready(self, one: _Shared) -> Record | None:
        """The record as it is to be sent; or None, with its result set, where it need not or cannot be."""
        ref = one.record.ref
        remote = self._remotes.get((ref.object, ref.key))
        if remote and remote.lane_id not in one.lanes and remote.event_id and remote.event_id > one.event_id:
            self.written.records[ref] = Saved(remote.id, notes=("a newer event of another person was written already",))
            return None
        if remote and one.record.doubtful and remote.mark == one.mark:
            self.written.records[ref] = Saved(remote.id, notes=("an earlier attempt has written it",))
            self.written.known.add(ref)
            return None
        for target in one.record.links:
            result = self.written.records.get(target)
            if result is not None and not isinstance(result, Saved):
                self.written.records[ref] = result
                return None
        return replace(one.record, id=remote.id) if remote else one.record

    async def link(self, shared: Iterable[_Shared]) -> None:
        """Tie what was saved to what it links to, save the pairs that are known to be tied."""
        pairs = sorted(
            (pair for one in shared for pair in self._open_pairs(one)), key=lambda pair: (pair.source.object, pair.target.object)
        )
        for _, group in groupby(pairs, key=lambda pair: (pair.source.object, pair.target.object)):
            for chunk in _chunks(list(group), self._connector.limits.links):
                outcomes = await self._call(chunk, self._connector.link)
                self.written.links.update(zip(((pair.source, pair.target) for pair in chunk), outcomes, strict=True))

    def _open_pairs(self, one: _Shared) -> Iterator[Link]:
        source = one.record.ref
        saved = self.written.records[source]
        if not isinstance(saved, Saved):
            return
        remote = self._remotes.get((source.object, source.key))
        for target in one.record.links:
            target_id = self._id(target)
            if target_id and not (remote and remote.id == saved.id and link_name(target) in remote.links):
                yield Link(source, target, saved.id, target_id, doubtful=one.record.doubtful)

    def _id(self, ref: Ref) -> str | None:
        result = self.written.records.get(ref)
        remote = self._remotes.get((ref.object, ref.key))
        return result.id if isinstance(result, Saved) else remote.id if remote else None

    async def _upsert(self, records: Sequence[Record]) -> Sequence[Outcome]:
        return await self._connector.upsert(records[0].object, records)

    async def _call(self, items: Sequence[T], call: Callable[[Sequence[T]], Awaitable[Sequence[Outcome]]]) -> Sequence[Result]:
        """One call, or more where it is refused as a whole; after a fault nothing more is called in this batch."""
        if self.written.fault:
            return [Halted(self.written.fault, tried=False)] * len(items)
        try:
            return _complete(await call(items), len(items))
        except BatchRefused as refused:
            if len(items) == 1:
                return [refused.refusal]
            middle: int = len(items) // 2
            return [*await self._call(items[:middle], call), *await self._call(items[middle:], call)]
        except ConnectorError as fault:
            self.written.fault = fault
        except Exception as error:  # noqa: BLE001 - whatever a connector raises must not lose events
            self.written.fault = Defect(f"{type(error).__name__}: {error}")
            self.written.fault.__cause__ = error
        return [Halted(self.written.fault, tried=True)] * len(items)


class Defect(Unavailable):
    """A connector raised what it should not have; retried like an outage, and counted apart."""


def _complete(outcomes: Sequence[Outcome], expected: int) -> Sequence[Outcome]:
    if len(outcomes) != expected:
        raise Defect(f"the connector answered {len(outcomes)} outcomes for {expected} items")
    return outcomes


def worst(results: Iterable[Result]) -> Result:
    """What decides over a lane: a refusal, else a halt, else the longest retry, else success."""
    found: list[Result] = list(results)
    refused = [result for result in found if isinstance(result, Refused)]
    halted = [result for result in found if isinstance(result, Halted)]
    retries = [result for result in found if isinstance(result, Retry)]
    if refused:
        return refused[0]
    if halted:
        return max(halted, key=lambda result: result.tried)
    if retries:
        return max(retries, key=lambda result: result.after or 0)
    return Saved("")


def link_name(target: Ref) -> str:
    """How a known link is remembered with its record."""
    return f"{target.object}/{target.key}"


def _chunks(items: list[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
