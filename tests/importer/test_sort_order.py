"""Whether the newest lines of a file come first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from receiver.importer.line_reader import SourceLine
from receiver.importer.sort_order import sort_ahead

START = datetime(2026, 3, 1, tzinfo=UTC)


def time_of(line: SourceLine) -> datetime | None:
    return START + timedelta(days=int(line.text)) if line.text else None


@pytest.mark.parametrize(
    ("days", "newest_first"),
    [
        (["3", "2", "1"], True),
        (["1", "2", "3"], False),
        (["3", "", "2", "", "1"], True),
        (["2", "2", "2"], False),
        (["9", "8", "7", "8", "6"], True),
        ([""], False),
        ([], False),
    ],
)
def test_time_runs_one_way_or_the_other(days: Sequence[str], newest_first: bool) -> None:
    """Most steps decide, lines without a time say nothing, and no line is lost."""
    lines = [SourceLine(number, text, None) for number, text in enumerate(days, 1)]
    found, again = sort_ahead(iter(lines), time_of)
    assert found is newest_first
    assert list(again) == lines


def test_only_the_first_lines_decide() -> None:
    """A long file is not read ahead to its end, and still comes whole."""
    days = [*range(5000, 4000, -1), *range(4000)]
    taken = 0

    def lines() -> Iterator[SourceLine]:
        nonlocal taken
        for number, day in enumerate(days, 1):
            taken += 1
            yield SourceLine(number, str(day), None)

    found, again = sort_ahead(lines(), time_of)
    assert found
    assert taken == 1000
    assert [int(line.text) for line in again] == days
