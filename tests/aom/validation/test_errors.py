"""What is wrong with a body, in texts that can be stored and shown anywhere."""

from __future__ import annotations

from receiver.aom.validation.errors import (
    LONGEST,
    MOST,
    BodyError,
    InvalidBody,
    format_path,
    printable_text,
    quoted_value,
)


def test_a_place_is_written_as_people_write_it() -> None:
    """An index in brackets, names with dots; never without end."""
    assert format_path(("line_items", 0, "total")) == "line_items[0].total"
    assert format_path(()) == ""
    assert len(format_path(["x" * 1000])) == LONGEST


def test_what_a_sender_wrote_is_escaped_and_cut() -> None:
    """No control character, no lone surrogate and no endless value comes into a message."""
    assert printable_text("Zoë") == "Zoë"
    assert printable_text("a\n\x1b[31m\ud800").isascii()
    assert quoted_value("x" * 41) == repr("x" * 40 + "…")
    assert quoted_value("a\0") == r"'a\x00'"


def test_endless_faults_are_counted() -> None:
    """The first are told, the others are a number; one more than told fits in its place."""
    faults = [BodyError("a", f"is wrong {number}") for number in range(MOST + 5)]
    assert InvalidBody(faults).faults == (*faults[:MOST], BodyError("", "has 5 more faults"))
    assert str(InvalidBody([BodyError("", "is no JSON")])) == "body: is no JSON"
