"""Event ids sort by time and tell it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from receiver.inbox.db.event_ids import (
    CAME_AT,
    EventIds,
    first_id,
    first_late_tail,
    late_at,
    received_at,
)
from receiver.inbox.db.timestamps import from_micros, to_micros

# hypothesis adds the zone
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS)
def test_an_id_is_a_version_7_uuid_that_tells_its_time(at: datetime) -> None:
    """RFC 9562: version 7, its variant, and the time in milliseconds."""
    made = EventIds().make(to_micros(at))
    assert len(made) == 32
    assert (uuid.UUID(made).version, uuid.UUID(made).variant) == (7, uuid.RFC_4122)
    assert timedelta(0) <= at - received_at(made) < timedelta(milliseconds=1)


def test_ids_of_one_millisecond_count_up() -> None:
    """100,000 ids within one millisecond are in order and different, even where the drawn number
    leaves little room.
    """
    for drawn in (b"\x00" * 10, b"\xff" * 10):
        ids = EventIds(lambda count, drawn=drawn: drawn[:count])  # type: ignore[misc]
        made = [ids.make(1_700_000_000_000_000) for _ in range(100_000)]
        assert made == sorted(set(made))
        assert {
            (uuid.UUID(one).version, uuid.UUID(one).variant) for one in made[:: 100_000 - 1]
        } == {(7, uuid.RFC_4122)}


# hypothesis adds it
@given(MOMENTS, st.datetimes(datetime(2020, 1, 1), datetime(2500, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_id_of_what_came_late_tells_both_times(at: datetime, then: datetime) -> None:
    """It is told apart by its version; ranges of times hold it; of one time it sorts by when it
    came.
    """
    made = EventIds().make(to_micros(at), came_at=to_micros(then))
    assert (len(made), uuid.UUID(made).version, uuid.UUID(made).variant) == (32, 8, uuid.RFC_4122)
    assert first_id(at) <= made < first_id(at + timedelta(milliseconds=1))
    assert timedelta(0) <= then - late_at(made[CAME_AT - 1 :]) < timedelta(milliseconds=1)
    after = first_late_tail(then + timedelta(milliseconds=1))
    assert first_late_tail(then) <= made[CAME_AT - 1 :] < after
    assert made < EventIds().make(to_micros(at), came_at=to_micros(then) + 1000)
    assert made < EventIds().make(to_micros(at) + 1, came_at=to_micros(then) - 1000)


def test_live_and_late_ids_do_not_disturb_each_other() -> None:
    """However they alternate, those of one kind and time count up, even where the drawn number
    leaves little room.
    """
    for drawn in (b"\x00" * 10, b"\xff" * 10):
        ids = EventIds(lambda count, drawn=drawn: drawn[:count])  # type: ignore[misc]
        now, then = 1_700_000_000_000_000, 1_600_000_000_000_000
        live: list[str] = []
        late: dict[int, list[str]] = {0: [], 7: []}
        for number in range(30_000):
            live.append(ids.make(now))
            late[number % 2 * 7].append(ids.make(then + number % 2 * 7, came_at=now))
        for made in (live, late[0], late[7]):
            assert made == sorted(set(made))
        assert max(late[0]) < min(late[7])
        assert {uuid.UUID(one).version for one in (live[0], live[-1])} == {7}


@given(MOMENTS, MOMENTS)
def test_ids_sort_as_their_times(one: datetime, other: datetime) -> None:
    """Also where a clock goes back: an id tells the event's own time, not the last one seen."""
    ids = EventIds()
    first, second = ids.make(to_micros(one)), ids.make(to_micros(other))
    if abs(one - other) >= timedelta(milliseconds=1):
        assert (first < second) == (one < other)


@given(MOMENTS)
def test_a_range_of_times_is_a_range_of_ids(at: datetime) -> None:
    """`first_id` is the lowest of its millisecond."""
    made = EventIds().make(to_micros(at))
    assert first_id(at) <= made < first_id(at + timedelta(milliseconds=1))


@given(MOMENTS)
def test_times_survive_the_store(at: datetime) -> None:
    """Microseconds since 1970 and back give the same moment."""
    assert from_micros(to_micros(at)) == at
