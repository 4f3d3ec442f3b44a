"""Tables and codes of Markdown, made of plain texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a head, each cell in one line."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines) + "\n"


def code(text: str) -> str:
    """A text to the letter, whatever stands in it."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


_CODE = re.compile(r"(``.*?``|`[^`]*`)")


def _cell(text: str) -> str:
    """In one line, bars escaped: but for those in code, which end no cell and would show the
    escape.
    """
    parts = _CODE.split(" ".join(text.split()))
    return "".join(part if part.startswith("`") else part.replace("|", "\\|") for part in parts)
