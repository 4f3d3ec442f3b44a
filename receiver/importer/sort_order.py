"""Whether the newest lines of a file come first, as shops export them: it decides between lines of
the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain, pairwise

from receiver.importer.line_reader import SourceLine

_LINES = 1000
_BYTES = 4 * 1024 * 1024


def sort_ahead(
    lines: Iterator[SourceLine], time: Callable[[SourceLine], datetime | None]
) -> tuple[bool, Iterator[SourceLine]]:
    """Whether time runs backwards over the first lines, more often than forwards; and all lines."""
    first = _first(lines)
    times = [at for line in first if (at := time(line))]
    back = sum((later < earlier) - (later > earlier) for earlier, later in pairwise(times))
    return back > 0, chain(first, lines)


def _first(lines: Iterator[SourceLine]) -> list[SourceLine]:
    first: list[SourceLine] = []
    size = 0
    for line in lines:
        first.append(line)
        size += len(line.text)
        if len(first) == _LINES or size > _BYTES:
            break
    return first
