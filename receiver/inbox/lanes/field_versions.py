"""Which event set a record's field last, and in which lane: what an older event must not write
over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson

from receiver.inbox.db.event_ids import first_id, is_late

_AHEAD = timedelta(minutes=5)


def version_horizon(now: datetime) -> str:
    """Ids from this one on are of events that were received while a clock was ahead."""
    return first_id(now + _AHEAD)


class FieldVersion(NamedTuple):
    """`rank` is of a value whose field only goes forward: a text that sorts as its values follow
    each other.
    """

    event_id: str
    lane_id: int
    rank: str = ""


FieldVersions = Mapping[str, FieldVersion]
"""By the field's name."""


def is_newer(event_id: str, than: str) -> bool:
    """Whether an event came after another; for those that were handed in late, the time that they
    belong to counts.
    """
    return event_id > than


def is_behind(stamp: FieldVersion, other: FieldVersion) -> bool:
    """Whether of two writes of one field the other counts."""
    if stamp.rank and other.rank:
        return stamp.rank < other.rank
    return is_newer(other.event_id, stamp.event_id)


def stands_against(known: FieldVersion, stamp: FieldVersion, horizon: str) -> bool:
    """Whether a field that was written as `known` must not be written as `stamp`: where both have a
    rank, that alone counts.

    A lane may write again what it wrote: its own order, not that of the clocks, tells what came
    last. Only what was handed in late stays behind what its lane has gone on to. Ids from `horizon`
    on were made by a clock that was ahead, and stand against nothing.
    """
    if known.rank and stamp.rank:
        return known.rank > stamp.rank
    if known.event_id >= horizon or not is_newer(known.event_id, stamp.event_id):
        return False
    return known.lane_id != stamp.lane_id or is_late(stamp.event_id)


def superseded_fields(known: FieldVersions, stamps: FieldVersions, horizon: str) -> frozenset[str]:
    """The fields that must not be written as `stamps`, since newer events have set them."""
    return frozenset(
        name
        for name, stamp in stamps.items()
        if (before := known.get(name)) and stands_against(before, stamp, horizon)
    )


def newest_version(stamps: Iterable[FieldVersion]) -> FieldVersion:
    """Of several versions of a field, the one of the event that came last."""
    return max(stamps)


def encode_versions(stamps: FieldVersions) -> str:
    """A JSON list of [event id, lane id, names] or [event id, lane id, names, rank]: most fields of
    a record are of few events.
    """
    names: dict[FieldVersion, list[str]] = {}
    for name, stamp in stamps.items():
        names.setdefault(stamp, []).append(name)
    return orjson.dumps(
        [(id, lane, of, rank) if rank else (id, lane, of) for (id, lane, rank), of in names.items()]
    ).decode()


def decode_versions(text: str) -> dict[str, FieldVersion]:
    found: dict[str, FieldVersion] = {}
    for event_id, lane_id, names, *rank in orjson.loads(text):
        found |= dict.fromkeys(names, FieldVersion(event_id, lane_id, *rank))
    return found
