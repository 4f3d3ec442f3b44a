"""Event ids: UUIDv7 (RFC 9562) as 32 hex characters, so that ids sort by the time the events were
received.

What was handed in late has a UUIDv8 instead, so that it is told apart by its id: first the time
that it belongs to, to the microsecond, then the millisecond in which it came, so that of the same
time what came first comes first.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime

from receiver.inbox.db.timestamps import from_micros, to_micros

VERSION_AT = 13  # the character that holds the version, counted from 1
IN_TIME = "7"
# the character of a late one's id from which on ids sort by when they came, counted from 1
CAME_AT = 17

_VARIANT = 0b10 << 62
_VERSION_7, _VERSION_8 = 0x7 << 76 | _VARIANT, 0x8 << 76 | _VARIANT
_RANDOM = ((1 << 12) - 1) << 64 | (1 << 62) - 1
_ROOM = 0xFFF0_0000  # of the low 32 bits, which count within one millisecond
_LATE_BITS = 18  # that count within one millisecond of what is handed in late
_LATE_ROOM = 1 << _LATE_BITS - 1
_LATE_MILLISECONDS = (1 << 62 - _LATE_BITS) - 1


class EventIds:
    """Makes ids for events that sort by their time.

    The time in an id is the event's own, so that a range of times is a range of ids. Not for
    several threads.
    """

    def __init__(self, random: Callable[[int], bytes] = os.urandom) -> None:
        self._in_time = _Count(lambda: _with_room(int.from_bytes(random(10), "big") & _RANDOM))
        self._late = _Count(lambda: int.from_bytes(random(4), "big") % _LATE_ROOM)

    def make(self, received_at: int, *, came_at: int | None = None) -> str:
        """The id of an event that was received at so many microseconds since 1970; or, with
        `came_at`, that belongs there and came then.
        """
        millisecond, rest = divmod(received_at, 1000)
        if came_at is None:
            return f"{millisecond << 80 | _VERSION_7 | self._in_time.next(millisecond):032x}"
        came = came_at // 1000 & _LATE_MILLISECONDS
        late = came << _LATE_BITS | self._late.next(came)
        return f"{millisecond << 80 | _VERSION_8 | rest << 64 | late:032x}"


class _Count:
    """Counts up within a millisecond from where `start` says."""

    def __init__(self, start: Callable[[], int]) -> None:
        self._start = start
        self._millisecond = -1
        self._next = 0

    def next(self, millisecond: int) -> int:
        if millisecond != self._millisecond:
            self._millisecond, self._next = millisecond, self._start()
        value = self._next
        self._next = value + 1
        return value


def _with_room(drawn: int) -> int:
    low = drawn & 0xFFFF_FFFF
    return drawn - low if low > _ROOM else drawn


def first_id(at: datetime) -> str:
    """The lowest id of that millisecond.

    A range of times is one of ids: from that of its start up to, not with, that of its end.
    """
    return f"{to_micros(at) // 1000:012x}" + "0" * 20


def received_at(event_id: str) -> datetime:
    """When the event was received, or where it belongs if it came late, to the millisecond."""
    return from_micros(int(event_id[:12], 16) * 1000)


def is_late(event_id: str) -> bool:
    return event_id[VERSION_AT - 1] != IN_TIME


def arrived_at(event_id: str, received_at: datetime) -> datetime:
    """When the event with that id and time came: that time, unless it was handed in late."""
    return late_at(event_id[CAME_AT - 1 :]) if is_late(event_id) else received_at


def first_late_tail(at: datetime) -> str:
    """The lowest that ids of late events which came in that millisecond have from `CAME_AT` on."""
    return f"{_VARIANT | (to_micros(at) // 1000 & _LATE_MILLISECONDS) << _LATE_BITS:016x}"


def late_at(tail: str) -> datetime:
    """When a late event came, to the millisecond, by its id from `CAME_AT` on."""
    return from_micros((int(tail, 16) >> _LATE_BITS & _LATE_MILLISECONDS) * 1000)
