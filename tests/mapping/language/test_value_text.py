"""How a value reads inside a text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from receiver.mapping.language.value_text import (
    DIGITS,
    UnusableValue,
    bounded_number,
    describe_kind,
    value_text,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Ann", "Ann"),
        (None, ""),
        (True, "true"),
        (7, "7"),
        (Decimal("1E+2"), "100"),
        (Decimal("1.50"), "1.50"),
        (0.5, "0.5"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-01T12:00:00+00:00"),
    ],
)
def test_a_plain_value_is_a_text(value: Any, text: str) -> None:
    """Plain digits for money, ISO 8601 for times, nothing for nothing."""
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("value", "says"),
    [(["a"], r"a list is no text: join it"), ({"a": 1}, "a table is no text: name one part")],
)
def test_what_is_composed_is_no_text(value: Any, says: str) -> None:
    """It is told what it is and what to write instead, and nothing of its content."""
    with pytest.raises(UnusableValue, match=says):
        value_text(value)


@pytest.mark.parametrize("value", [10**DIGITS, -(10**DIGITS), Decimal("1E+999999999")])
def test_a_number_that_would_fill_pages_is_refused(value: Any) -> None:
    """Written out it would be as long as its exponent says."""
    with pytest.raises(UnusableValue, match="more than 400 digits"):
        bounded_number(value)


def test_kinds_are_named_without_content() -> None:
    """A secret in a payload never comes into a message."""
    values: list[object] = ["x", 1, {}, [], iter("ab")]
    assert [describe_kind(value) for value in values] == [
        "a text",
        "a number",
        "a table",
        "a list",
        "a list",
    ]
