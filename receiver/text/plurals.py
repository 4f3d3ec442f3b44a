"""Writes a number with its noun, as one or as many."""

from __future__ import annotations


def pluralize(number: int, one: str, many: str | None = None) -> str:
    """`1 delivery`, `2 deliveries`.

    Unless told, several have an s more; a word in y becomes one in ies.
    """
    several = many or (f"{one[:-1]}ies" if one.endswith("y") else f"{one}s")
    return f"{number} {one if number == 1 else several}"
