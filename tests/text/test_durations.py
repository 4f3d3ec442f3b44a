"""Lengths of time, for people."""

from __future__ import annotations

import pytest

from receiver.text.durations import format_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 d")],
)
def test_a_length_of_time_is_told_roughly(seconds: float | None, text: str) -> None:
    """In the largest unit of which there are two."""
    assert format_duration(seconds) == text
