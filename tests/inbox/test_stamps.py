"""Which event set a record's field last, and what that stands against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from receiver.inbox.identifiers import EventIds, first_id
from receiver.inbox.stamps import Stamp, is_newer, stands_against
from receiver.inbox.times import micros

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
IDS = EventIds()
OLD, NEW, AHEAD = (IDS.make(micros(at)) for at in (NOW - 2 * HOUR, NOW - HOUR, NOW + HOUR))
LATE = IDS.make(micros(NOW - 2 * HOUR), came_at=micros(NOW))


@pytest.mark.parametrize(
    ("known", "stamp", "stands"),
    [
        (Stamp(NEW, 1), Stamp(OLD, 2), True),
        (Stamp(OLD, 1), Stamp(NEW, 2), False),
        (Stamp(OLD, 1), Stamp(OLD, 2), False),  # one event of two people
        (Stamp(NEW, 1), Stamp(OLD, 1), False),  # the lane's own
        (Stamp(NEW, 1), Stamp(LATE, 1), True),
        (Stamp(LATE, 1), Stamp(LATE, 1), False),
        (Stamp(LATE, 1), Stamp(NEW, 1), False),
        (Stamp(AHEAD, 1), Stamp(NEW, 2), False),
        (Stamp(AHEAD, 1), Stamp(LATE, 1), False),
        (Stamp(NEW, 1), Stamp(AHEAD, 2), False),
    ],
)
def test_a_newer_event_stands_against_an_older_one(known: Stamp, stamp: Stamp, stands: bool) -> None:
    """Of another lane always; of the same lane only against what was handed in late; never, where a clock was ahead."""
    assert stands_against(known, stamp, first_id(NOW)) is stands


def test_an_event_is_not_newer_than_itself() -> None:
    """A replay writes again what it wrote."""
    assert (is_newer(NEW, OLD), is_newer(OLD, NEW), is_newer(NEW, NEW)) == (True, False, False)
