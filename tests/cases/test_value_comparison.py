"""Whether a field holds what a case expects."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Append, Value
from receiver.cases.value_comparison import format_value, is_expected

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ALIKE = [
    ("Ada", "Ada"),
    ("", ""),
    (220, Decimal("220.00")),
    (Decimal("12.5"), Decimal("12.50")),
    ("220.00", Decimal(220)),
    (7, 7),
    (True, True),
    ("true", True),
    (NOON, NOON.astimezone(timezone(timedelta(hours=-4)))),
    ("2026-05-01T08:00:00-04:00", NOON),
    (date(2026, 5, 1), date(2026, 5, 1)),
    ("2026-05-01", date(2026, 5, 1)),
    (["a", "b"], Append(("a", "b"))),
]
UNLIKE = [
    ("Ada", "ada"),
    (7, "7"),
    (1, True),
    (True, 1),
    (False, True),
    (Decimal("12.5"), Decimal("12.51")),
    ("12.5", Decimal("12.51")),
    ("x", Decimal(1)),
    (NOON, NOON + timedelta(seconds=1)),
    ("soon", NOON),
    ("2026-05-01T12:00:00", NOON),
    (date(2026, 5, 1), NOON),
    (["b", "a"], Append(("a", "b"))),
    ("a", Append(("a",))),
    (["a"], "a"),
]


@pytest.mark.parametrize(("expected", "got"), ALIKE)
def test_what_is_alike(expected: Any, got: Value) -> None:
    """Numbers by what they are worth, times by their moment, texts by how a value reads."""
    assert is_expected(expected, got)


@pytest.mark.parametrize(("expected", "got"), UNLIKE)
def test_what_is_not(expected: Any, got: Value) -> None:
    """A text is no number, true is not one, a day is no moment."""
    assert not is_expected(expected, got)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1", '"1"'),
        (Decimal("1.50"), "1.50"),
        (True, "true"),
        (NOON, "2026-05-01T12:00:00+00:00"),
        (Append(("é", '"')), '["é", "\\""]'),
    ],
)
def test_values_are_written_as_in_a_case(value: Value, text: str) -> None:
    """So that a text is told from a number."""
    assert format_value(value) == text
