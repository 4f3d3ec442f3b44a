"""What a case file may hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from receiver.cases.case_settings import RECEIVED_AT, CaseSettings, plain_number
from tests.cases.mapped import faults_of


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


def test_a_profile_names_what_mappings_name(tmp_path: Path) -> None:
    """Each slip with its place; a date says its offset."""
    text = """
    [[case]]
    name = "a"
    body = "{}"
    [case.profile]
    revnue = 5
    order_count = "many"
    last_order_at = 2026-01-01T00:00:00
    courses = [{ title = "Algebra", enrolled_at = 2026-01-01T00:00:00Z }]
    """
    found = "\n".join(faults_of(tmp_path, text))
    assert "case[0].profile.revnue: is not a known key; did you mean 'revenue'?" in found
    assert "case[0].profile.order_count" in found
    assert "case[0].profile.last_order_at: has no time zone" in found
    assert "case[0].profile.courses[0].title" in found
