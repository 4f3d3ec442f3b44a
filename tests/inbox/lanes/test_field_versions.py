"""Which event set a record's field last, and what that stands against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.inbox.db.event_ids import EventIds, first_id
from receiver.inbox.db.storable_text import storable
from receiver.inbox.db.timestamps import micros
from receiver.inbox.lanes.field_versions import Stamp, decode, encode, horizon, is_behind, is_newer, newest, stands_against, superseded

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
        (Stamp(OLD, 1, "2"), Stamp(NEW, 2, "1"), True),  # further on, whoever wrote it and when
        (Stamp(OLD, 1, "2"), Stamp(OLD, 1, "1"), True),
        (Stamp(NEW, 1, "1"), Stamp(OLD, 2, "1"), False),
        (Stamp(NEW, 1, "1"), Stamp(OLD, 2, "2"), False),
        (Stamp(AHEAD, 1, "2"), Stamp(NEW, 2, "1"), True),
        (Stamp(NEW, 1, "1"), Stamp(OLD, 2), True),  # one of the two has no rank: the mapping was another
        (Stamp(OLD, 1), Stamp(NEW, 2, "1"), False),
    ],
)
def test_a_newer_event_stands_against_an_older_one(known: Stamp, stamp: Stamp, stands: bool) -> None:
    """Of another lane always; of the same lane only against what was handed in late; never, where a clock was ahead."""
    assert stands_against(known, stamp, first_id(NOW)) is stands


def test_an_event_is_not_newer_than_itself() -> None:
    """A replay writes again what it wrote."""
    assert (is_newer(NEW, OLD), is_newer(OLD, NEW), is_newer(NEW, NEW)) == (True, False, False)


def test_the_fields_that_newer_events_have_set_are_named() -> None:
    """Of those that would be written; another's older one, and a field that nobody set, stand against nothing."""
    known = {"stage": Stamp(NEW, 1), "owner": Stamp(OLD, 1), "note": Stamp(NEW, 2)}
    stamps = dict.fromkeys(("stage", "owner", "note", "amount"), Stamp(OLD, 2))
    assert superseded(known, stamps, first_id(NOW)) == {"stage"}
    assert superseded({}, stamps, first_id(NOW)) == frozenset()
    assert superseded(known, {}, first_id(NOW)) == frozenset()


def test_a_clock_may_be_a_little_ahead() -> None:
    """Only ids of times that nobody can have yet count as made by a wrong clock."""
    made = {minutes: IDS.make(micros(NOW + timedelta(minutes=minutes))) for minutes in (4, 6)}
    assert made[4] < horizon(NOW) < made[6]


def test_the_newest_is_that_of_the_event_that_came_last() -> None:
    """Whatever the lane."""
    assert newest([Stamp(OLD, 9), Stamp(NEW, 1), Stamp(OLD, 1)]) == Stamp(NEW, 1)


NAMES = st.text(max_size=9).map(storable)
STAMPS = st.builds(Stamp, st.sampled_from([OLD, NEW, LATE]), st.integers(1, 2**62))


@given(st.dictionaries(NAMES, STAMPS))
def test_stamps_are_read_back_as_they_were_kept(stamps: dict[str, Stamp]) -> None:
    """Whatever the names of the fields, and however many events set them."""
    assert decode(encode(stamps)) == stamps


def test_the_fields_of_one_event_share_its_stamp() -> None:
    """A record of fifty fields that one event set is kept as one stamp, not as fifty."""
    stamps = {f"field{number}": Stamp(NEW, 1) for number in range(50)}
    assert encode(stamps).count(NEW) == 1


def test_of_two_writes_the_one_further_on_counts() -> None:
    """By their ranks where both have one, else by their events."""
    assert is_behind(Stamp(NEW, 1, "1"), Stamp(OLD, 1, "2"))
    assert not is_behind(Stamp(OLD, 1, "2"), Stamp(NEW, 1, "1"))
    assert is_behind(Stamp(OLD, 1), Stamp(NEW, 1, "1"))
    assert not is_behind(Stamp(OLD, 1, "1"), Stamp(OLD, 2, "1"))


def test_ranks_are_kept() -> None:
    """Fields of one event that are differently far are told apart."""
    stamps = {"stage": Stamp(OLD, 1, "000002"), "at": Stamp(OLD, 1, "7"), "name": Stamp(OLD, 1)}
    assert decode(encode(stamps)) == stamps
