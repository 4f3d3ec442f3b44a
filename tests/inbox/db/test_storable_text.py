"""Text that every database can hold."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.inbox.db.storable_text import (
    from_json,
    json_or_none,
    storable_text,
    storable_text_or_none,
)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain", "plain"),
        ("Zoë 🎓", "Zoë 🎓"),
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83c\udf93", "🎓"),
        ("", ""),
    ],
)
def test_what_no_database_holds_is_replaced(text: str, stored: str) -> None:
    """NUL and lone surrogates become U+FFFD; two surrogates that belong together one character."""
    assert storable_text(text) == stored
    assert storable_text_or_none(text) == stored


@given(st.text(st.characters()))
def test_any_text_can_be_stored(text: str) -> None:
    """What comes out can be encoded, holds no NUL, and is not changed again."""
    stored = storable_text(text)
    assert b"\0" not in stored.encode()
    assert storable_text(stored) == stored


def test_lists_are_stored_as_json() -> None:
    """An empty list is nothing at all; lone surrogates are no obstacle."""
    assert json_or_none([]) is None
    assert from_json(None) == []
    assert from_json(json_or_none(["a", 1, None])) == ["a", 1, None]
    assert json.loads(json_or_none(["a\ud800"]) or "") == ["a\ufffd"]
    assert storable_text_or_none(None) is None
