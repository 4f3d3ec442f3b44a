"""Cells that a spreadsheet would compute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.importer.spreadsheet_cells import escape_formula, unescape_formula


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", " =1", "'=1"])
def test_a_formula_is_written_as_text(text: str) -> None:
    """An apostrophe before it keeps a spreadsheet from computing it."""
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["ann@example.edu", "1-2", "", "O'Neil", "'quoted'"])
def test_what_is_no_formula_stays(text: str) -> None:
    """Nothing is changed that no spreadsheet would compute."""
    assert escape_formula(text) == text
    assert unescape_formula(text) == text


@given(st.text(st.sampled_from("'=+-@ \tab"), max_size=8))
def test_every_cell_comes_back_as_it_was(text: str) -> None:
    """Whatever a cell holds, what was written is read as it was."""
    assert unescape_formula(escape_formula(text)) == text
