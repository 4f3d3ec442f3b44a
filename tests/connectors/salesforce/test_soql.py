"""Pieces of SOQL queries."""

from __future__ import annotations

from urllib.parse import quote as percent

import pytest

from connectors.salesforce.soql import MAX_LENGTH, in_lists, quote_text


@pytest.mark.parametrize(
    ("value", "literal"),
    [("Ann", "'Ann'"), ("O'Neil", r"'O\'Neil'"), ("a\\", r"'a\\'"), ("\\'", r"'\\\''"), ("", "''")],
)
def test_a_text_cannot_leave_its_quotes(value: str, literal: str) -> None:
    """Quotes and backslashes are escaped, so that no value ends its literal."""
    assert quote_text(value) == literal


def test_lists_fit_into_an_address() -> None:
    """Many values become several pieces, in order, each once and none too long."""
    values = [f"lernende.{number:04}@schüler.example" for number in range(2000)]
    pieces = list(in_lists([*values, *values]))
    assert len(pieces) > 1
    assert all(len(percent(piece, safe="")) <= MAX_LENGTH for piece in pieces)
    assert ",".join(pieces).split(",") == [f"'{value}'" for value in values]


def test_nothing_asks_nothing() -> None:
    """Without values there is no query; one that is too long alone stands alone."""
    assert list(in_lists([])) == []
    assert list(in_lists(["a", "x" * MAX_LENGTH, "b"])) == ["'a'", f"'{'x' * MAX_LENGTH}'", "'b'"]
