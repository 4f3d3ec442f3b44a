"""Finds the records of a person whose address has changed: the CRM has them by the former one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from connectors.base import Ref
from receiver.delivery.merge import LaneWrite
from receiver.inbox import ReadyLane, RecordState

FormerRefs = Mapping[Ref, tuple[Ref, ...]]
"""A record → what it may have been known by before."""


def former_refs(writes: Iterable[tuple[ReadyLane, LaneWrite]]) -> dict[Ref, tuple[Ref, ...]]:
    """Of records that are known by their person's address: the same by the others."""
    return {
        record.ref: tuple(Ref(record.object, address) for address in lane.addresses[1:])
        for lane, write in writes
        if len(lane.addresses) > 1
        for record in write.records
        if record.key == lane.address
    }


def with_former(
    states: Mapping[tuple[str, str], RecordState], former: FormerRefs
) -> dict[tuple[str, str], RecordState]:
    """What is known of records, also of those that are known by a former key only."""
    known: dict[tuple[str, str], RecordState] = dict(states)
    for ref, others in former.items():
        if ref not in states and (found := max(_found(states, others), default=None)):
            _, old = found
            known[ref] = replace(states[old], former_key=old.key)
            del known[old]
    return known


def _found(
    states: Mapping[tuple[str, str], RecordState], refs: Iterable[Ref]
) -> Iterator[tuple[str, Ref]]:
    """Those that are known, with the event that wrote each last."""
    return ((states[ref].event_id, ref) for ref in refs if ref in states)
