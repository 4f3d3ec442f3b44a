"""Lists as files."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from receiver.admin.operation import NotFound
from receiver.console.views.table_file import csv_lines, file_kind, file_links, write_rows


@dataclass(frozen=True)
class Row:
    name: str
    at: datetime
    about: dict[str, Any]
    none: str | None = None


ROW = Row('=cmd|"x"', datetime(2026, 3, 1, 14, 30, tzinfo=UTC), {"ids": [1]})


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"]
)
def test_nothing_is_a_formula(text: str) -> None:
    """A spreadsheet shows it as it is."""
    assert next(csv.reader([csv_lines([[text]])]))[0] == f"'{text}"


def test_a_row_in_each_kind() -> None:
    """CSV has the columns that are named; JSON has all, with times by ISO 8601."""
    (cells,) = csv.reader(write_rows("csv", ("name", "at", "about", "none"), [ROW]).splitlines())
    assert cells == ['\'=cmd|"x"', "2026-03-01T14:30:00+00:00", '{"ids": [1]}', ""]
    assert json.loads(write_rows("json", (), [ROW])) == {
        "name": ROW.name,
        "at": "2026-03-01T14:30:00+00:00",
        "about": {"ids": [1]},
        "none": None,
    }


def test_the_addresses_ask_for_the_same() -> None:
    """With what the list was asked for; there is no other kind."""
    links = file_links("/list.{kind}", {"person": "a+b@example.edu"})
    assert links["csv"] == "/list.csv?person=a%2Bb%40example.edu"
    with pytest.raises(NotFound, match="csv, json"):
        file_kind("pdf")
