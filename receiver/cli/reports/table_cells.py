"""Foreign text in the cells of a terminal's tables."""

from __future__ import annotations

from rich.text import Text

from receiver.text.escape import escape_hidden


def table_cell(value: object, style: str = "") -> Text:
    """Put foreign text into a table's cell: no markup, on one line."""
    return Text("" if value is None else escape_hidden(str(value)), style)
