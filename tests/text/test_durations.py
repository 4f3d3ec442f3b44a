"""Lengths of time, for people."""

from __future__ import annotations

import pytest

from receiver.text.durations import format_duration, format_latency


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 d")],
)
def test_a_length_of_time_is_told_roughly(seconds: float | None, text: str) -> None:
    """In the largest unit of which there are two."""
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 ms"), (0.08, "80 ms"), (1.44, "1.4 s"), (12, "12 s"), (7200, "2 h")],
)
def test_a_short_time_is_told_with_what_matters(seconds: float, text: str) -> None:
    """In milliseconds below a second, with tenths below ten."""
    assert format_latency(seconds) == text
