"""Writes the records of several lanes in as few calls as they fit in, and says per lane how it went.

Records that several lanes share are folded into one. A record waits for those that it links to, and shares their fate when they
fail. A field that a newer event has set is left as it is. A batch that is refused as a whole is split until the guilty record stands alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
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
from receiver.delivery.guard import Guard, LeaseLost
from receiver.delivery.share import Shared, Unit, share
from receiver.inbox import Remote, StoreUnavailable
from receiver.inbox.stamps import Stamp, Stamps, horizon, of
from receiver.mapping import in_order_of_links

T = TypeVar("T", Record, Link)


@dataclass(frozen=True, slots=True)
class Halted:
    """Not settled by the CRM: the whole call failed. `tried` says whether it may have been written all the same."""

    fault: ConnectorError
    tried: bool


Result = Outcome | Halted


@dataclass(frozen=True, slots=True)
class Trace:
    """What is to be remembered of a record: which event set which of the fields that are written, and the version that was known before.

    Without a version nothing is written. `again` are events that an earlier attempt may have written over: they are newer.
    """

    stamps: Stamps
    based_on: int | None
    again: frozenset[Stamp] = frozenset()


_NOTHING = Trace({}, None)


@dataclass(slots=True)
class Written:
    """What a batch did: per record and per link the outcome, in calls that the CRM answered or not."""

    records: dict[Ref, Result] = field(default_factory=dict)
    links: dict[tuple[Ref, Ref], Result] = field(default_factory=dict)
    unsent: set[Ref] = field(default_factory=set)  # saved, and not by this call: nothing of them had to be written
    superseded: dict[Ref, frozenset[str]] = field(default_factory=dict)  # fields not sent: a newer event has set them
    traces: dict[Ref, Trace] = field(default_factory=dict)  # of the records that were to be sent, whatever came of that
    contested: set[Ref] = field(default_factory=set)  # refused, and wanted by several lanes: whose fault it is, is open
    answered: bool = False  # the CRM has answered a call
    fault: ConnectorError | None = None

    def results(self, unit: Unit) -> Iterator[Result]:
        """The results of all records of a lane and of their links."""
        for record in unit.records:
            yield self.records[record.ref]
            yield from (self.links[record.ref, target] for target in record.links if (record.ref, target) in self.links)

    def left_out(self, ref: Ref, record: Record) -> list[str]:
        """The fields of a lane's record that a newer event has set."""
        behind = self.superseded.get(ref)
        return sorted(behind & record.fields.keys()) if behind else []


async def write(
    connector: Connector,
    units: Sequence[Unit],
    remotes: Mapping[tuple[str, str], Remote],
    guard: Guard,
    *,
    now: datetime,
    begun: Callable[[Ref], None] = lambda _ref: None,
) -> Written:
    """Upsert the records of all units, then link them. Never raises a ConnectorError: it is in the results.

    `begun` is told of each record right before it goes out.
    """
    batch = _Batch(connector, remotes, guard, horizon(now), begun)
    shared = share(units)
    for object_name in in_order_of_links(one.record for one in shared.values()):
        await batch.upsert([one for one in shared.values() if one.record.object == object_name])
    await batch.link(shared.values())
    refused = {ref for ref, one in shared.items() if len(one.lanes) > 1 and isinstance(batch.written.records[ref], Refused)}
    batch.written.contested = refused
    return batch.written


class _Batch:
    """The calls of one batch and what came of them."""

    def __init__(
        self, connector: Connector, remotes: Mapping[tuple[str, str], Remote], guard: Guard, horizon: str, begun: Callable[[Ref], None]
    ) -> None:
        self._connector = connector
        self._remotes = remotes
        self._guard = guard
        self._horizon = horizon
        self._begun = begun
        self.written = Written()

    async def upsert(self, shared: Sequence[Shared]) -> None:
        """All of one object, in chunks of one key field."""
        ready = [record for one in shared if (record := self._ready(one))]
        ready.sort(key=lambda record: record.key_field or "")
        for _, group in groupby(ready, key=lambda record: record.key_field):
            for chunk in _chunks(list(group), self._connector.limits.records):
                outcomes = await self._call(chunk, self._upsert)
                self.written.records.update(zip((record.ref for record in chunk), outcomes, strict=True))

    def _ready(self, one: Shared) -> Record | None:
        """The record as it is to be sent; or None, with its result set, where it need not or cannot be."""
        ref = one.record.ref
        remote = self._remotes.get((ref.object, ref.key))
        if remote and one.record.doubtful and remote.mark == one.mark:
            self.written.traces[ref] = _NOTHING
            self.written.records[ref] = Saved(remote.id, notes=("an earlier attempt has written it",))
            self.written.unsent.add(ref)
            return None
        for target in one.record.links:
            result = self.written.records.get(target)
            if result is not None and not isinstance(result, Saved):
                self.written.records[ref] = result
                return None
        if remote:
            return self._what_is_new(one, remote)
        self.written.traces[ref] = Trace(one.stamps, 0)
        return one.record

    def _what_is_new(self, one: Shared, remote: Remote) -> Record | None:
        """The record without the fields that a newer event has set; None, with its result set, where it has no others."""
        ref = one.record.ref
        behind = remote.superseded(one.stamps, self._horizon)
        newer = frozenset(stamp for name in behind if one.record.doubtful and (stamp := of(remote.stamps, name)))
        if behind:
            self.written.superseded[ref] = behind
        if behind and len(behind) == len(one.record.fields):
            self.written.traces[ref] = Trace({}, None, newer)
            self.written.records[ref] = Saved(remote.id)
            self.written.unsent.add(ref)
            return None
        self.written.traces[ref] = Trace({name: stamp for name, stamp in one.stamps.items() if name not in behind}, remote.version, newer)
        return replace(one.record, id=remote.id, fields={name: value for name, value in one.record.fields.items() if name not in behind})

    async def link(self, shared: Iterable[Shared]) -> None:
        """Tie what was saved to what it links to, save the pairs that are known to be tied."""
        pairs = sorted(
            (pair for one in shared for pair in self._open_pairs(one)), key=lambda pair: (pair.source.object, pair.target.object)
        )
        for _, group in groupby(pairs, key=lambda pair: (pair.source.object, pair.target.object)):
            for chunk in _chunks(list(group), self._connector.limits.links):
                outcomes = await self._call(chunk, self._link)
                self.written.links.update(zip(((pair.source, pair.target) for pair in chunk), outcomes, strict=True))

    def _open_pairs(self, one: Shared) -> Iterator[Link]:
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
        for record in records:
            self._begun(record.ref)
        return await self._connector.upsert(records[0].object, records)

    async def _link(self, pairs: Sequence[Link]) -> Sequence[Outcome]:
        for pair in pairs:
            self._begun(pair.source)
        return await self._connector.link(pairs)

    async def _call(self, items: Sequence[T], call: Callable[[Sequence[T]], Awaitable[Sequence[Outcome]]]) -> Sequence[Result]:
        """One call, or more where it is refused as a whole; after a fault nothing more is called in this batch."""
        if self.written.fault:
            return [Halted(self.written.fault, tried=False)] * len(items)
        try:
            outcomes = _checked(await self._guard.call(call(items)), len(items))
        except StoreUnavailable:
            raise  # our own fault, not the connector's
        except BatchRefused as refused:
            self.written.answered = True
            if len(items) == 1:
                return [refused.refusal]
            middle: int = len(items) // 2
            return [*await self._call(items[:middle], call), *await self._call(items[middle:], call)]
        except ConnectorError as fault:
            self.written.fault = fault
        except Exception as error:  # noqa: BLE001 - whatever a connector raises must not lose events
            self.written.fault = Defect(f"{type(error).__name__}: {error}")
            self.written.fault.__cause__ = error
        else:
            self.written.answered = True
            return outcomes
        return [Halted(self.written.fault, tried=not isinstance(self.written.fault, LeaseLost))] * len(items)


class Defect(Unavailable):
    """A connector raised what it should not have, which is the cause; or it answered what it should not have, which the text tells.

    Retried like an outage, and counted apart.
    """


def _checked(outcomes: Sequence[object], expected: int) -> list[Outcome]:
    """What a connector answered, if it is what it should have; an outcome that nobody knows must not pass for success."""
    if len(outcomes) != expected:
        raise Defect(f"the connector answered {len(outcomes)} outcomes for {expected} items")
    checked: list[Outcome] = []
    for outcome in outcomes:
        match outcome:
            case Saved(id=str()) | Retry() | Refused():
                checked.append(outcome)
            case Saved():
                checked.append(replace(outcome, id=str(outcome.id)))
            case _:
                raise Defect(f"the connector answered a value of the type {type(outcome).__name__}, which is no outcome")
    return checked


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
