"""What the contract kit takes for the same value, in whatever form a CRM gives it back."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Append, Value
from connectors.testing.comparison import same_value

MOMENT = datetime(2020, 8, 11, 22, 28, tzinfo=timezone(timedelta(hours=5, minutes=30)))


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Ada", "Ada"),
        ("", None),
        ("", ""),
        ("", []),
        (True, True),
        (True, "true"),
        (False, 0),
        (3, 3),
        (3, "3.0"),
        (Decimal("9.90"), 9.9),
        (Decimal("9.90"), "9.9"),
        (date(2001, 2, 3), "2001-02-03"),
        (date(2001, 2, 3), "2001-02-03T00:00:00Z"),
        (date(2001, 2, 3), 981_158_400_000),
        (MOMENT, "2020-08-11T16:58:00Z"),
        (MOMENT, "2020-08-11T16:58:00.000+0000"),
        (MOMENT, "2020-08-11 16:58:00"),
        (MOMENT, "2020-08-11T09:58:00-07:00"),
        (MOMENT, 1_597_165_080_000),
        (Append(("Algebra", "Logic")), "logic;Algebra"),
        (Append(("Algebra", "Logic")), ["Logic", "Algebra"]),
        (Append(("Algebra", "Logic")), '["Algebra", "Logic"]'),
    ],
)
def test_forms_of_one_value(written: Value, stored: Any) -> None:
    """CRMs have a form of their own for each type."""
    assert same_value(written, stored)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Ada", "ada"),
        ("1", 1),
        ("Ada", None),
        ("", "None"),
        (True, None),
        (True, "false"),
        (False, None),
        (False, ""),
        (0, None),
        (1, True),
        (Decimal("9.90"), "9"),
        (Decimal("9.90"), "much"),
        (date(2001, 2, 3), "2001-02-02"),
        (date(2001, 2, 3), None),
        (MOMENT, "2020-08-11T22:28:00Z"),
        (MOMENT, "2020-08-11"),
        (MOMENT, None),
        (Append(("Algebra", "Logic")), "Logic"),
        (Append(("Logic",)), None),
    ],
)
def test_values_that_differ(written: Value, stored: Any) -> None:
    """What is lost or changed on the way is seen."""
    assert not same_value(written, stored)
