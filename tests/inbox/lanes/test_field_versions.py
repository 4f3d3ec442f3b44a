"""Which event set a record's field last, and what that stands against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.inbox.db.event_ids import EventIds, first_id
from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.timestamps import to_micros
from receiver.inbox.lanes.field_versions import (
    FieldVersion,
    decode_versions,
    encode_versions,
    is_behind,
    is_newer,
    newest_version,
    stands_against,
    superseded_fields,
    version_horizon,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
IDS = EventIds()
OLD, NEW, AHEAD = (IDS.make(to_micros(at)) for at in (NOW - 2 * HOUR, NOW - HOUR, NOW + HOUR))
LATE = IDS.make(to_micros(NOW - 2 * HOUR), came_at=to_micros(NOW))


@pytest.mark.parametrize(
    ("known", "stamp", "stands"),
    [
        (FieldVersion(NEW, 1), FieldVersion(OLD, 2), True),
        (FieldVersion(OLD, 1), FieldVersion(NEW, 2), False),
        (FieldVersion(OLD, 1), FieldVersion(OLD, 2), False),  # one event of two people
        (FieldVersion(NEW, 1), FieldVersion(OLD, 1), False),  # the lane's own
        (FieldVersion(NEW, 1), FieldVersion(LATE, 1), True),
        (FieldVersion(LATE, 1), FieldVersion(LATE, 1), False),
        (FieldVersion(LATE, 1), FieldVersion(NEW, 1), False),
        (FieldVersion(AHEAD, 1), FieldVersion(NEW, 2), False),
        (FieldVersion(AHEAD, 1), FieldVersion(LATE, 1), False),
        (FieldVersion(NEW, 1), FieldVersion(AHEAD, 2), False),
        # further on, whoever wrote it and when
        (FieldVersion(OLD, 1, "2"), FieldVersion(NEW, 2, "1"), True),
        (FieldVersion(OLD, 1, "2"), FieldVersion(OLD, 1, "1"), True),
        (FieldVersion(NEW, 1, "1"), FieldVersion(OLD, 2, "1"), False),
        (FieldVersion(NEW, 1, "1"), FieldVersion(OLD, 2, "2"), False),
        (FieldVersion(AHEAD, 1, "2"), FieldVersion(NEW, 2, "1"), True),
        # one of the two has no rank: the mapping was another
        (FieldVersion(NEW, 1, "1"), FieldVersion(OLD, 2), True),
        (FieldVersion(OLD, 1), FieldVersion(NEW, 2, "1"), False),
    ],
)
def test_a_newer_event_stands_against_an_older_one(
    known: FieldVersion, stamp: FieldVersion, stands: bool
) -> None:
    """Of another lane always; of the same lane only against what was handed in late; never, where a
    clock was ahead.
    """
    assert stands_against(known, stamp, first_id(NOW)) is stands


def test_an_event_is_not_newer_than_itself() -> None:
    """A replay writes again what it wrote."""
    assert (is_newer(NEW, OLD), is_newer(OLD, NEW), is_newer(NEW, NEW)) == (True, False, False)


def test_the_fields_that_newer_events_have_set_are_named() -> None:
    """Of those that would be written; another's older one, and a field that nobody set, stand
    against nothing.
    """
    known = {
        "stage": FieldVersion(NEW, 1),
        "owner": FieldVersion(OLD, 1),
        "note": FieldVersion(NEW, 2),
    }
    stamps = dict.fromkeys(("stage", "owner", "note", "amount"), FieldVersion(OLD, 2))
    assert superseded_fields(known, stamps, first_id(NOW)) == {"stage"}
    assert superseded_fields({}, stamps, first_id(NOW)) == frozenset()
    assert superseded_fields(known, {}, first_id(NOW)) == frozenset()


def test_a_clock_may_be_a_little_ahead() -> None:
    """Only ids of times that nobody can have yet count as made by a wrong clock."""
    made = {minutes: IDS.make(to_micros(NOW + timedelta(minutes=minutes))) for minutes in (4, 6)}
    assert made[4] < version_horizon(NOW) < made[6]


def test_the_newest_is_that_of_the_event_that_came_last() -> None:
    """Whatever the lane."""
    assert newest_version(
        [FieldVersion(OLD, 9), FieldVersion(NEW, 1), FieldVersion(OLD, 1)]
    ) == FieldVersion(NEW, 1)


NAMES = st.text(max_size=9).map(storable_text)
STAMPS = st.builds(FieldVersion, st.sampled_from([OLD, NEW, LATE]), st.integers(1, 2**62))


@given(st.dictionaries(NAMES, STAMPS))
def test_stamps_are_read_back_as_they_were_kept(stamps: dict[str, FieldVersion]) -> None:
    """Whatever the names of the fields, and however many events set them."""
    assert decode_versions(encode_versions(stamps)) == stamps


def test_the_fields_of_one_event_share_its_stamp() -> None:
    """A record of fifty fields that one event set is kept as one stamp, not as fifty."""
    stamps = {f"field{number}": FieldVersion(NEW, 1) for number in range(50)}
    assert encode_versions(stamps).count(NEW) == 1


def test_of_two_writes_the_one_further_on_counts() -> None:
    """By their ranks where both have one, else by their events."""
    assert is_behind(FieldVersion(NEW, 1, "1"), FieldVersion(OLD, 1, "2"))
    assert not is_behind(FieldVersion(OLD, 1, "2"), FieldVersion(NEW, 1, "1"))
    assert is_behind(FieldVersion(OLD, 1), FieldVersion(NEW, 1, "1"))
    assert not is_behind(FieldVersion(OLD, 1, "1"), FieldVersion(OLD, 2, "1"))


def test_ranks_are_kept() -> None:
    """Fields of one event that are differently far are told apart."""
    stamps = {
        "stage": FieldVersion(OLD, 1, "000002"),
        "at": FieldVersion(OLD, 1, "7"),
        "name": FieldVersion(OLD, 1),
    }
    assert decode_versions(encode_versions(stamps)) == stamps
