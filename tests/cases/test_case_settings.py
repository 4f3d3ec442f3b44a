"""What a case file may hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from receiver.cases.case_settings import RECEIVED_AT, CaseSettings, plain_number


def test_a_call_comes_in_at_the_same_moment_unless_told() -> None:
    """What is written by the clock is the same at every run."""
    assert CaseSettings(name="a", body="{}").received_at == RECEIVED_AT
    assert RECEIVED_AT.tzinfo is not None


@pytest.mark.parametrize(
    ("value", "plain"), [(Decimal(7), 7), (Decimal("1.5"), 1.5), (date(2026, 5, 1), "2026-05-01")]
)
def test_a_body_in_toml_becomes_json(value: object, plain: object) -> None:
    """Numbers stay numbers, dates become texts."""
    assert plain_number(value) == plain
    assert type(plain_number(value)) is type(plain)
