# ruff: noqa: DTZ001 - AOM's dates are naive
"""AOM's dates."""

import locale
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.aom.values import dates

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Aug 11, 2020 04:58 PM", datetime(2020, 8, 11, 16, 58)),
        ("Aug 11, 2020 12:00 AM", datetime(2020, 8, 11, 0, 0)),
        ("Aug 11, 2020 12:30 PM", datetime(2020, 8, 11, 12, 30)),
        ("Jan 1, 2021 9:05 am", datetime(2021, 1, 1, 9, 5)),
        ("September 3, 2021 09:05 a.m.", datetime(2021, 9, 3, 9, 5)),
        ("Sept. 3, 2021, 09:05:30 PM", datetime(2021, 9, 3, 21, 5, 30)),
        ("MAY 03 2021 21:05", datetime(2021, 5, 3, 21, 5)),
        ("  Feb 29, 2024 ", datetime(2024, 2, 29)),
        ("Aug 11, 2020 04:58\u202fPM", datetime(2020, 8, 11, 16, 58)),
        ("Aug\u00a011,\u00a02020\u00a004:58\u00a0PM", datetime(2020, 8, 11, 16, 58)),
        ("\u200bAug 11, 2020  04:58\u2009PM\ufeff", datetime(2020, 8, 11, 16, 58)),
        ("2020-08-11\u00a016:58", datetime(2020, 8, 11, 16, 58)),
        ("Aug 11, 2020 16:58 PM", datetime(2020, 8, 11, 16, 58)),
        ("Aug 11, 2020 23:59 p.m.", datetime(2020, 8, 11, 23, 59)),
        ("Aug 11, 2020 00:58 AM", datetime(2020, 8, 11, 0, 58)),
        ("2020-08-11T16:58:00", datetime(2020, 8, 11, 16, 58)),
        ("2020-08-11 16:58", datetime(2020, 8, 11, 16, 58)),
        ("2020-08-11", datetime(2020, 8, 11)),
        ("2020-08-11T16:58:00Z", datetime(2020, 8, 11, 16, 58, tzinfo=UTC)),
        (
            "2020-08-11T16:58:00.5-04:00",
            datetime(2020, 8, 11, 16, 58, 0, 500_000, timezone(-timedelta(hours=4))),
        ),
    ],
)
def test_a_date_is_read_as_it_stands(text: str, date: datetime) -> None:
    """AOM's format, close relatives, and ISO 8601; naive unless there is an offset."""
    assert dates.read_date(text) == date


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "Aug 11",
        "Aug 32, 2020 04:58 PM",
        "Feb 29, 2023 04:58 PM",
        "Foo 11, 2020 04:58 PM",
        "Augu 11, 2020 04:58 PM",
        "Aug 11, 2020 13:58 AM",
        "Aug 11, 2020 00:58 PM",
        "Aug 11, 2020 24:58 PM",
        "1970-01-01",
        "1970-01-01 00:00:00",
        "Jan 01, 1970 12:00 AM",
        "Jan 1, 1970 01:00 AM",
        "Dec 31, 1969 07:00 PM",
        "août 11, 2020 16:58",
        "11 de agosto de 2020",
        "Aug 11, 2020 04:58 nachm.",
        "Aug 11, 2020 24:00",
        "Aug 11, 2020 04:60 PM",
        "Aug 11, 2020 04:58 PM EST",
        "11/08/2020",
        "0000-00-00 00:00:00",
        "Nov 30, -0001 12:00 AM",
        "0001-01-01",
        "9999-12-31T23:59:59",
        "Aug \u0661\u0661, 2020 04:58 PM",
        1597165080,
        None,
        True,
        {},
    ],
)
def test_what_is_no_date_is_refused(value: object) -> None:
    """Nothing is guessed; the years from 1970 to 2199 are dates."""
    with pytest.raises(ValueError, match="Aug 11, 2020 04:58 PM"):
        dates.read_date(value)


@given(
    st.text()
    | st.from_regex(r"[A-Z][a-z]{2,8} \d{1,2}, \d{4} \d{1,2}:\d{2} [AP]M")
    | st.datetimes().map(datetime.isoformat)
)
def test_any_text_is_a_date_or_refused(text: str) -> None:
    """No text causes another error, and every date that is read can be placed in any zone."""
    try:
        date = dates.read_date(text)
    except ValueError:
        return
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12", "America/New_York"):
        placed = dates.place_in_zone(date, ZoneInfo(zone))
        assert placed.utcoffset() is not None
        assert dates.read_date(placed.isoformat()) == placed


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2199, 12, 31)))
def test_aoms_format_is_understood_whole(date: datetime) -> None:
    """Every minute that AOM can write is read back."""
    minute = date.replace(second=0, microsecond=0)
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[minute.month * 3 - 3 : minute.month * 3]
    hour, half = minute.hour % 12 or 12, "PM" if minute.hour >= 12 else "AM"
    assert (
        dates.read_date(
            f"{month} {minute.day:02}, {minute.year} {hour:02}:{minute.minute:02} {half}"
        )
        == minute
    )


def test_a_naive_date_is_the_sites_wall_clock() -> None:
    """16:58 in a school in New York is 20:58 UTC in summer, 21:58 in winter."""
    summer = dates.place_in_zone(datetime(2020, 8, 11, 16, 58), NEW_YORK)
    winter = dates.place_in_zone(datetime(2020, 12, 11, 16, 58), NEW_YORK)
    assert summer.tzinfo is NEW_YORK
    assert summer.astimezone(UTC) == datetime(2020, 8, 11, 20, 58, tzinfo=UTC)
    assert winter.astimezone(UTC) == datetime(2020, 12, 11, 21, 58, tzinfo=UTC)


def test_a_date_with_an_offset_keeps_its_moment() -> None:
    """It is shown in the site's zone."""
    placed = dates.place_in_zone(datetime(2020, 8, 11, 16, 58, tzinfo=UTC), NEW_YORK)
    assert (placed.hour, placed.utcoffset()) == (12, -timedelta(hours=4))


def test_a_time_that_does_not_exist_is_moved_on() -> None:
    """At 02:00 on 8 March 2020 New York's clocks went to 03:00: 02:30 becomes 03:30."""
    placed = dates.place_in_zone(datetime(2020, 3, 8, 2, 30), NEW_YORK)
    assert placed.isoformat() == "2020-03-08T03:30:00-04:00"


def test_a_time_that_comes_twice_is_the_first() -> None:
    """At 02:00 on 1 November 2020 New York's clocks went back to 01:00: 01:30 is the one in
    daylight time.
    """
    placed = dates.place_in_zone(datetime(2020, 11, 1, 1, 30), NEW_YORK)
    assert placed.isoformat() == "2020-11-01T01:30:00-04:00"


def test_months_are_english_whatever_the_locale() -> None:
    """The process may run in another language."""
    before = locale.setlocale(locale.LC_TIME)
    try:
        for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"):
            try:
                locale.setlocale(locale.LC_TIME, name)
            except locale.Error:
                continue
            assert dates.read_date("May 11, 2020 04:58 PM").month == 5
            assert dates.read_date("Dec 11, 2020 04:58 PM").month == 12
    finally:
        locale.setlocale(locale.LC_TIME, before)
