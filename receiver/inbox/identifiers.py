"""Event ids: UUIDv7 (RFC 9562) as 32 hex characters, so that ids sort by the time the events were received.

What was handed in late has a UUIDv8, made the same way of the time that it belongs to, so that it is told apart by its id.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime

from receiver.inbox.times import micros, moment

_VERSION_AND_VARIANT = 0x7 << 76 | 0b10 << 62
_LATE = 0x7 << 76 ^ 0x8 << 76
VERSION_AT = 13  # the character that holds the version, counted from 1
IN_TIME = "7"
_RANDOM = ((1 << 12) - 1) << 64 | (1 << 62) - 1
_LAST_WITH_ROOM = 0xFFF0_0000  # of the low 32 bits, which count within one millisecond


class EventIds:
    """Makes ids. Within one millisecond they count up; the time in an id is the event's own, so that a range of times is a range of ids."""

    def __init__(self, random: Callable[[int], bytes] = os.urandom) -> None:
        self._random = random
        self._millisecond = -1
        self._next = 0

    def make(self, received_at: int, *, late: bool = False) -> str:
        """The id of an event that was received, or if late belongs, at so many microseconds since 1970. Not for several threads."""
        millisecond = received_at // 1000
        if millisecond != self._millisecond:
            self._millisecond = millisecond
            self._next = self._start(millisecond)
        value = self._next
        self._next = value + 1
        return f"{value ^ _LATE if late else value:032x}"

    def _start(self, millisecond: int) -> int:
        drawn = int.from_bytes(self._random(10), "big") & _RANDOM
        low = drawn & 0xFFFF_FFFF
        if low > _LAST_WITH_ROOM:
            drawn -= low
        return millisecond << 80 | _VERSION_AND_VARIANT | drawn


def first_id(at: datetime) -> str:
    """The lowest id of that millisecond. A range of times is one of ids: from that of its start up to, not with, that of its end."""
    return f"{micros(at) // 1000:012x}" + "0" * 20


def received(event_id: str) -> datetime:
    """When the event was received, to the millisecond."""
    return moment(int(event_id[:12], 16) * 1000)
