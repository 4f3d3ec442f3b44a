"""Finding addresses in foreign text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.text.email_addresses import find_addresses, is_address, may_hold_address

MEGABYTE = 1 << 20


def found(text: str) -> list[str]:
    return [match[0] for match in find_addresses(text)]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Ann <ann@example.edu>, Ben <ben@example.edu>", ["ann@example.edu", "ben@example.edu"]),
        ("o'neil@example.edu is 'ann@example.edu'", ["o'neil@example.edu", "ann@example.edu"]),
        ("write to ann@example.edu.", ["ann@example.edu"]),
        ("?email=ann%40example.edu&x=1", ["ann%40example.edu"]),
        ("%40ann@example.edu", ["ann@example.edu"]),
        (r'{"email":"ann\u0040example.edu"}', [r"ann\u0040example.edu"]),
        ("mailto:ann+tag@sub.example.edu", ["ann+tag@sub.example.edu"]),
        ("jürgen@exämple.edu", ["jürgen@exämple.edu"]),
        ("no one @ home, nor @example", []),
    ],
)
def test_addresses_are_found_as_they_are_written(text: str, addresses: list[str]) -> None:
    """In sentences, quotes, URLs and JSON, without what stands around them."""
    assert found(text) == addresses


@given(st.text("a.'%40@ \\u<=", max_size=60))
def test_no_address_between_blanks_escapes(around: str) -> None:
    """Whatever stands before and behind it."""
    assert "ann@example.edu" in found(f"{around} ann@example.edu {around}")


@given(st.text("ab@%40\\u ", max_size=40))
def test_the_quick_look_never_misses_one(text: str) -> None:
    """A text that it says no to holds none."""
    assert may_hold_address(text) or not found(text)


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a'",
        "'",
        "a@",
        "@",
        "%40",
        "%",
        "a.",
        "x@.",
        "a%40",
        "a ",
        "\\u0040",
        "a'a@",
        "x@a.",
        ".",
        "é",
        "a@a'",
    ],
)
def test_any_megabyte_takes_a_moment(unit: str) -> None:
    """The time grows with the text and not with its square: on the old pattern a megabyte of
    letters took hours.
    """
    text = f"{unit * (MEGABYTE // len(unit))} ann@example.edu"
    started = time.process_time()
    assert found(text)[-1].endswith("ann@example.edu")
    assert time.process_time() - started < 5


def test_one_address_and_nothing_else() -> None:
    """Blanks around it do not count."""
    assert is_address(" ann@example.edu\n")
    assert not is_address("ann@example.edu, ben@example.edu")
    assert not is_address("call ann@example.edu")
    assert not is_address("")
