"""Every key of a file of mapping tests is in the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.hooks.cases import CASE_TABLES, describe_cases
from tests.docs.pages import shown


@pytest.mark.parametrize("place", CASE_TABLES)
def test_every_key_is_described(place: str) -> None:
    """With what it is, on a row of its own."""
    for key, field in CASE_TABLES[place].model_fields.items():
        assert field.description
        assert f"| `{place}` | `{key}` |" in describe_cases()


def test_the_page_shows_them(site: Path) -> None:
    """As a table."""
    page = shown(site, "operators/test.html")
    assert "only" in page
    for model in CASE_TABLES.values():
        for field in model.model_fields.values():
            text = (field.description or "").replace("`", "")
            assert " ".join(text.split()) in page
