"""Keys of a `map` that stand for many values: `"Bundle*"`."""

from __future__ import annotations

from typing import Final

ANYTHING: Final = "*"
"""Stands for any text in a key, also for none."""


class MapPattern:
    """`*` is any text; upper and lower case are the same.

    Matching takes time that is linear in the text's length for each `*`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._head, *self._middle, self._tail = text.casefold().split(ANYTHING)

    def matches(self, folded: str) -> bool:
        """Whether a text, folded by `casefold`, is one of those that it stands for."""
        end = len(folded) - len(self._tail)
        at = len(self._head)
        if end < at or not folded.startswith(self._head) or not folded.endswith(self._tail):
            return False
        for part in self._middle:  # the first place is the best: it leaves most for the others
            at = folded.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    def covers(self, other: MapPattern) -> bool:
        """Whether it surely matches all that the other does."""
        return (
            self.matches(other.text.casefold().replace(ANYTHING, "\0"))
            if ANYTHING in self.text
            else False
        )
