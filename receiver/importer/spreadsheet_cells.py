"""Cells of a table that a spreadsheet would compute, written so that it does not, and read as they
were.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'* *[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001 - with which a spreadsheet would compute a cell


def escape_formula(text: str) -> str:
    """With an apostrophe before what is a formula, or looks like one that was written so."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """The other way round."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
