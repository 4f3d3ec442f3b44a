"""Pieces of SOQL queries."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote as percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# of the values as they stand in an address, of which Salesforce takes 16,384 bytes
MAX_LENGTH = 12_000


def quote_text(value: str) -> str:
    """Write a text as a literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def in_lists(values: Iterable[str]) -> Iterator[str]:
    """Give what stands in the brackets of IN (…), in as few pieces as addresses allow."""
    piece: list[str] = []
    length = 0
    for literal in map(quote_text, dict.fromkeys(values)):
        size = len(percent(literal, safe="")) + len("%2C")
        if piece and length + size > MAX_LENGTH:
            yield ",".join(piece)
            piece, length = [], 0
        piece.append(literal)
        length += size
    if piece:
        yield ",".join(piece)
