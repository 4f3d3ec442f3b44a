"""Suggests the name that was probably meant by one that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

SHOWN = 12  # names listed where none comes near


def nearest_name(word: str, known: Iterable[str]) -> str | None:
    """The known name nearest to a word, whatever its case; None where none comes near."""
    folded = {name.casefold(): name for name in known}
    match = get_close_matches(word.casefold(), folded, n=1)
    return folded[match[0]] if match else None


def suggest_name(word: str, known: Iterable[str], what: str = "known") -> str:
    """A remedy for a name that does not exist: the nearest one, else a list of those that do."""
    names = list(known)
    if (near := nearest_name(word, names)) is not None:
        return f"did you mean {near!r}?"
    listed = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    return f"{what}: {listed or 'none'}"
