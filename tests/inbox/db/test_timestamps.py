"""Times in the tables: microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.inbox.db.timestamps import from_micros, from_micros_or_none, to_micros


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_comes_back_to_the_microsecond(at: datetime) -> None:
    """Nothing is rounded, also not before 1970."""
    assert from_micros(to_micros(at)) == at


def test_the_zone_makes_no_difference() -> None:
    """The same moment is the same number, in whatever zone it is written."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert to_micros(noon) == to_micros(noon.astimezone(timezone(timedelta(hours=5, minutes=30))))
    assert to_micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000_000


def test_a_time_without_a_zone_is_refused() -> None:
    """Nobody knows which moment it means."""
    with pytest.raises(ValueError, match="has no time zone"):
        to_micros(datetime(2026, 3, 1))  # noqa: DTZ001 - what is refused


def test_no_time_is_no_time() -> None:
    """A column without a value has no time, and 0 is one."""
    assert from_micros_or_none(None) is None
    assert from_micros_or_none(0) == datetime(1970, 1, 1, tzinfo=UTC)
