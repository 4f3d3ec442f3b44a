"""Keys of a `map` that stand for many values: `"Bundle*"`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
        return ANYTHING in self.text and self.matches(other.sample)

    @property
    def sample(self) -> str:
        """A text that it matches, folded, with a character that no other pattern names."""
        return self.text.casefold().replace(ANYTHING, "\0")

    @property
    def head(self) -> str:
        """What a text begins with, folded."""
        return self._head


def find_covered(patterns: Iterable[MapPattern]) -> Iterator[tuple[MapPattern, MapPattern]]:
    """Each that is never reached, with one before it that takes all that it matches.

    One covers another only where that begins with its head, so that only these are tried.
    """
    before: dict[str, list[MapPattern]] = {}
    for one in patterns:
        sample = one.sample
        heads = (sample[:end] for end in range(len(sample) + 1))
        tried = (other for head in heads for other in before.get(head, ()))
        if (found := next((other for other in tried if other.covers(one)), None)) is not None:
            yield one, found
        before.setdefault(one.head, []).append(one)
