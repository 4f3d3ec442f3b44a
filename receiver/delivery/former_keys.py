"""Finds the records of a person whose address has changed: the CRM has them by the former one.

A former address may have become another person's before the change was delivered. The CRM still has
the first one's record by it then, so that one gets its new key before the other's is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from connectors.base import Record, Ref, Refused, Retry
from receiver.delivery.merge import LaneWrite, MergedRecord
from receiver.inbox import ReadyLane, RecordState


class FormerRef(NamedTuple):
    """What a record may have been known by. `written_by`: only where this lane has written what is
    known by it, since the address is another person's now.
    """

    ref: Ref
    written_by: int | None = None


MOVE_LATER: Final = Retry("another person's record has this key, and gets its new one by itself")
NOT_MOVED: Final = Refused(
    "KEY_IN_USE",
    "the CRM has another person's record by this address, and has refused to give that the address "
    "which the person has now: mend that one, and replay this",
)

FormerRefs = Mapping[Ref, tuple[FormerRef, ...]]
"""A record → what it may have been known by before."""

States = Mapping[tuple[str, str], RecordState]


def former_refs(writes: Iterable[tuple[ReadyLane, LaneWrite]]) -> dict[Ref, tuple[FormerRef, ...]]:
    """Of records that are known by their person's address: the same by the others."""
    return {
        record.ref: tuple(_by_former(lane, record.object))
        for lane, write in writes
        if len(lane.addresses) > 1 or lane.lost_addresses
        for record in write.records
        if record.key == lane.address
    }


def _by_former(lane: ReadyLane, object: str) -> Iterator[FormerRef]:
    for address in lane.addresses[1:]:
        yield FormerRef(Ref(object, address))
    for address in lane.lost_addresses:
        if address not in lane.addresses:
            yield FormerRef(Ref(object, address), lane.lane_id)


class TakenRef(NamedTuple):
    """A record by an address that another person had, whose own may be known by it still.

    `moved`: theirs by the address that they have now. `lane_id` is theirs, `taker` the other one's.
    """

    ref: Ref
    moved: Ref
    lane_id: int
    taker: int


def taken_refs(writes: Iterable[tuple[ReadyLane, LaneWrite]]) -> list[TakenRef]:
    """Of records that are known by their person's address, where somebody else had it before."""
    return [
        TakenRef(record.ref, Ref(record.object, owner.address), owner.lane_id, lane.lane_id)
        for lane, write in writes
        for owner in lane.former_owners
        for record in write.records
        if record.key == lane.address
    ]


def moves_of(
    states: States, taken: Iterable[TakenRef], written: Iterable[Ref]
) -> list[tuple[TakenRef, LaneWrite]]:
    """What gives the former owners' records their new keys, where the owners do not themselves."""
    theirs = set(written)
    return [
        (
            one,
            LaneWrite(
                one.lane_id, (Record(*one.moved, {}),), None, states[one.ref].event_id, False
            ),
        )
        for one in taken
        if one.moved not in theirs
        and one.ref in states
        and one.lane_id in _writers(states[one.ref])
        and one.taker not in _writers(states[one.ref])
    ]


def with_former(states: States, former: FormerRefs) -> dict[tuple[str, str], RecordState]:
    """What is known of records, also of those that are known by a former key only."""
    known: dict[tuple[str, str], RecordState] = dict(states)
    for ref, others in former.items():
        if ref not in states and (found := max(_found(known, others), default=None)):
            _, old = found
            known[ref] = replace(states[old], former_key=old.key)
            del known[old]
    return known


def moving_keys(states: States) -> dict[Ref, Ref]:
    """A key that a record gives up → the record, by its new one."""
    return {
        Ref(object, state.former_key): Ref(object, key)
        for (object, key), state in states.items()
        if state.former_key is not None
    }


def in_turns(
    records: Sequence[MergedRecord], moving: Mapping[Ref, Ref]
) -> Iterator[Sequence[MergedRecord]]:
    """Records of one object; one whose key another one gives up comes after that."""
    rest = records
    while rest:
        refs = {one.ref for one in rest}
        now = [one for one in rest if moving.get(one.ref) not in refs]
        now = now or list(rest)  # they swap their keys in a circle
        yield now
        refs.difference_update(one.ref for one in now)
        rest = [one for one in rest if one.ref in refs]


def _found(states: States, refs: Iterable[FormerRef]) -> Iterator[tuple[str, Ref]]:
    """Those that are known, with the event that wrote each last."""
    return (
        (states[ref].event_id, ref)
        for ref, written_by in refs
        if ref in states and (written_by is None or written_by in _writers(states[ref]))
    )


def _writers(state: RecordState) -> set[int]:
    """The lanes whose fields the record holds."""
    return {version.lane_id for version in state.stamps.values()}
