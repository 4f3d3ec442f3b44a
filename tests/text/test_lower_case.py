"""Lower case that keeps every character in its place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from receiver.text.lower_case import lower_in_place


@given(st.text())
def test_every_character_keeps_its_place(text: str) -> None:
    """The length stays, and a letter is in lower case unless that would be two characters."""
    lowered = lower_in_place(text)
    assert len(lowered) == len(text)
    for before, after in zip(text, lowered, strict=True):
        assert after == before or len(before.lower()) > 1 or after.lower() == before.lower()


def test_what_would_grow_stays_and_the_rest_is_lowered() -> None:
    """A dotted capital I becomes two characters in lower case, so it stays."""
    assert lower_in_place("AİB") == "aİb"
    assert lower_in_place("ANN@EXAMPLE.EDU") == "ann@example.edu"
