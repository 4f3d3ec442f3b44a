"""Small words for people."""

from __future__ import annotations

import pytest

from receiver.text.durations import format_duration
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize


@pytest.mark.parametrize(("seconds", "text"), [(None, ""), (0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 d")])
def test_a_length_of_time_is_told_roughly(seconds: float | None, text: str) -> None:
    """In the largest unit of which there are two."""
    assert format_duration(seconds) == text


def test_a_noun_follows_its_number() -> None:
    """One, several, a word in y, and one that is told."""
    assert [pluralize(1, "call"), pluralize(0, "call"), pluralize(2, "delivery"), pluralize(3, "person", "people")] == [
        "1 call",
        "0 calls",
        "2 deliveries",
        "3 people",
    ]


def test_what_cannot_be_seen_is_escaped() -> None:
    """Control characters and changes of direction; letters, joiners and emoji stay as they are."""
    assert escape_hidden("a\x1b[31m\u202eb\n\t\u00ad") == "a\\u001b[31m\\u202eb\\n\\t\\u00ad"
    assert escape_hidden("a\nb\x00", lines=True) == "a\nb\\u0000"
    assert escape_hidden("Zoë \u0645\u06cc\u200c\u062e \N{ROCKET}") == "Zoë \u0645\u06cc\u200c\u062e \N{ROCKET}"
