"""At which time a line takes its place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.aom import EVENTS, SourceContext, read_sample
from receiver.importer import LineValidator, SourceLine, ValidatedLine
from receiver.importer.event_times import in_file_order
from receiver.importer.payload_paths import parse_path
from receiver.importer.sort_order import sort_ahead

SITE = SourceContext("springfield", ZoneInfo("America/New_York"), "USD")
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
EXPORTED = datetime(2026, 5, 1, tzinfo=UTC)
MADE = "Aug 11, 2020 07:45 PM"


def validate_line(
    as_of: datetime | None = None, time: str = "", date_format: str = "", event: str | None = None
) -> LineValidator:
    return LineValidator(
        SITE,
        event,
        {},
        as_of,
        10**6,
        lambda: NOW,
        time=parse_path(time) if time else None,
        date_format=date_format,
    )


def order(status: str, **other: object) -> SourceLine:
    body = {
        "id": 19,
        "status": status,
        "date_created": MADE,
        "customer": {"email": "a@b.edu"},
        **other,
    }
    return SourceLine(1, "", json.dumps(body).encode())


def at(validated: ValidatedLine) -> datetime:
    assert validated.at, validated.faults
    return validated.at.replace(microsecond=0)


def says(validated: ValidatedLine) -> str:
    ((path, message),) = ((fault.path, fault.message) for fault in validated.faults)
    return f"{path}: {message}"


@pytest.mark.parametrize("status", ["FAILED", "REFUNDED", "REFUSED", "wc-cancelled"])
def test_what_happens_to_an_order_needs_a_time_of_its_own(status: str) -> None:
    """Its date says when the order was made; so the line says what is missing, and a path or the
    export's time is taken instead.
    """
    named = "order.placed"  # where the status tells no event
    assert says(validate_line(event=named)(order(status))).startswith(
        "date_created: says when the order was made, not when it became"
    )
    assert at(validate_line(EXPORTED, event=named)(order(status))) == EXPORTED
    paid = validate_line(EXPORTED, "log[0].at", event=named)(
        order(status, log=[{"at": "2026-03-01 09:00"}])
    )
    assert at(paid) == datetime(2026, 3, 1, 14, tzinfo=UTC)


@pytest.mark.parametrize("status", ["COMPLETED", "processing", "PENDING", "on-hold"])
def test_an_order_that_is_made_has_its_date(status: str) -> None:
    """Whatever else is said of lines without one."""
    assert at(validate_line(EXPORTED)(order(status))) == datetime(2020, 8, 11, 23, 45, tzinfo=UTC)


@pytest.mark.parametrize("event", [name for name in EVENTS if read_sample(name)])
def test_every_sample_has_a_time_or_says_that_it_needs_one(event: str) -> None:
    """With the time of the export each can be handed in."""
    line = SourceLine(1, "", read_sample(event))
    validated = validate_line(event=event)(line)
    assert validated.at or "--as-of" in says(validated)
    assert validate_line(EXPORTED, event=event)(line).at


def test_a_time_beside_the_payload_is_not_sent() -> None:
    """What AOM would not have sent goes, so that the event is the one that came live; what AOM
    sends stays; faults are told.
    """
    plain = validate_line(EXPORTED)(order("REFUNDED"))
    beside = validate_line(time="shop.refunded", date_format="%d/%m/%Y")(
        order("REFUNDED", shop={"refunded": "01/03/2026"}, vip=1)
    )
    assert beside.event
    assert plain.event
    assert (at(beside), beside.event.unknown) == (datetime(2026, 3, 1, 5, tzinfo=UTC), ("vip",))
    alone = validate_line(time="refunded")(order("REFUNDED", refunded="2026-03-01T00:00:00Z"))
    assert alone.event
    assert alone.event.digest == plain.event.digest
    kept = validate_line(time="date_created")(order("REFUNDED"))
    assert kept.line.body == order("REFUNDED").body
    assert at(kept) == datetime(2020, 8, 11, 23, 45, tzinfo=UTC)
    assert "is no date" in says(
        validate_line(time="refunded")(order("REFUNDED", refunded=1_700_000_000))
    )
    assert says(validate_line(time="refunded")(order("REFUNDED"))).startswith("date_created")


FIRST, LAST = datetime(2000, 1, 1), datetime(2900, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone
TIMES = st.datetimes(FIRST, LAST, timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))


@given(TIMES, st.sets(st.integers(1, 999_998), min_size=2, max_size=9))
def test_lines_of_one_time_are_in_the_order_of_the_file(time: datetime, numbers: set[int]) -> None:
    """Up to a million lines, within the second that they say; or in the other order."""
    placed = [in_file_order(time, number) for number in sorted(numbers)]
    assert placed == sorted(set(placed))
    turned = [in_file_order(time, number, newest_first=True) for number in sorted(numbers)]
    assert turned == sorted(set(turned), reverse=True)
    assert all(timedelta(0) <= one - time < timedelta(seconds=1) for one in (*placed, *turned))


@given(TIMES, st.integers(10**6, 10**9))
def test_lines_beyond_a_million_are_never_before_those_within(time: datetime, number: int) -> None:
    """Those have one time; the gateway keeps the order in which they come."""
    assert (
        in_file_order(time, number)
        == in_file_order(time, number + 1)
        >= in_file_order(time, 999_999)
    )


def test_a_time_to_the_fraction_stays() -> None:
    """Nothing is added to what is told to less than a second."""
    exact = NOW.replace(microsecond=500_000)
    assert in_file_order(exact, 7) == exact


def lines(days: Iterable[int]) -> Iterator[SourceLine]:
    """Each says the day on which it happened, or holds a fault."""
    for number, day in enumerate(days, 1):
        time = str(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=day)) if day else "never"
        yield SourceLine(number, "", b'{"email": "a@b.edu", "date_registered": ""}', time=time)


@pytest.mark.parametrize(
    ("days", "newest_first"),
    [
        ([1, 2, 3], False),
        ([3, 2, 1], True),
        ([3, 3, 0, 2, 2, 9, 1], True),
        ([1, 9, 2, 3], False),
        ([1, 1], False),
        ([], False),
    ],
)
def test_the_direction_of_a_file(days: list[int], newest_first: bool) -> None:
    """The one in which time mostly runs over its first lines; lines with faults say nothing, and no
    line is lost.
    """
    found, all_lines = sort_ahead(lines(days), validate_line(event="account.created").time_of)
    assert found == newest_first
    assert [line.number for line in all_lines] == list(range(1, len(days) + 1))


def test_a_large_file_is_not_held() -> None:
    """Its first thousand lines tell."""
    source = lines(range(5000, 0, -1))
    assert sort_ahead(source, validate_line(event="account.created").time_of)[0]
    assert next(source).number == 1001
