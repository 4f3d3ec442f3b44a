"""A pattern in a map stands for what it says, and for nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.mapping.routes.map_pattern import MapPattern, find_covered

letters = st.text("abA*", max_size=8)


@given(letters.filter(lambda text: "*" in text), st.text("abA", max_size=10))
def test_it_matches_what_a_regular_expression_does(pattern: str, text: str) -> None:
    """`*` is `.*`, whatever stands around it; upper and lower case are the same."""
    expected = (
        re.fullmatch(".*".join(map(re.escape, pattern.casefold().split("*"))), text.casefold())
        is not None
    )
    assert MapPattern(pattern).matches(text.casefold()) is expected


@pytest.mark.parametrize(
    ("pattern", "other", "covers"),
    [
        ("*", "Bundle*", True),
        ("bundle*", "Bundle A*", True),
        ("Bundle A*", "Bundle*", False),
        ("*a", "ba*", False),
        ("a*", "*", False),
        ("*x*", "a*x*b", True),
    ],
)
def test_it_knows_what_it_covers(pattern: str, other: str, *, covers: bool) -> None:
    """Only where all that the other matches is matched."""
    assert MapPattern(pattern).covers(MapPattern(other)) is covers


def test_thousands_of_patterns_are_held_against_each_other_at_once() -> None:
    """Each is tried with those alone that it could be covered by."""
    patterns = [MapPattern(f"Course {number:05}*") for number in range(20_000)]
    assert list(find_covered(patterns)) == []
    wide, narrow = MapPattern("Course*"), MapPattern("course 7*x")
    assert list(find_covered([narrow, wide])) == []
    assert list(find_covered([wide, *patterns[:2], narrow])) == [
        (one, wide) for one in (*patterns[:2], narrow)
    ]
