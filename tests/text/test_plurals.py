"""Nouns beside their numbers."""

from __future__ import annotations

from receiver.text.plurals import pluralize


def test_a_noun_follows_its_number() -> None:
    """One, several, a word in y, and one that is told."""
    assert [
        pluralize(1, "call"),
        pluralize(0, "call"),
        pluralize(2, "delivery"),
        pluralize(3, "person", "people"),
    ] == [
        "1 call",
        "0 calls",
        "2 deliveries",
        "3 people",
    ]
