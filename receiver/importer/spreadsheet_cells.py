"""Cells of a table that a spreadsheet would compute, written so that it does not, and read as they
were.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'* *[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001 - with which a spreadsheet would compute a cell


def escape_formula(text: str) -> str:
    """Put an apostrophe before what is a formula, or looks like one that was written so."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """Take off the apostrophe that `escape_formula` put before a formula."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
