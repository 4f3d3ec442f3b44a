"""Foreign text in the cells of a terminal's tables."""

from __future__ import annotations

from rich.text import Text

from receiver.harmless import harmless

__all__ = ["cell", "harmless"]


def cell(value: object, style: str = "") -> Text:
    """No markup, on one line."""
    return Text("" if value is None else harmless(str(value)), style)
