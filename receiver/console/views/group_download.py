"""What needs attention as a file: a row for each group, the dead deliveries first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from receiver.console.views.table_file import csv_lines, write_rows
from receiver.inbox import AttentionGroup, Inbox
from receiver.inbox.reads.attention_groups import Order

MOST: Final = 10_000  # groups of each kind in a file
_AT_ONCE: Final = 500
_COLUMNS: Final = ("id", "kind", "where", "event", "reason", "count", "first", "last", "example")


async def write_groups(inbox: Inbox, by: Order, kind: str) -> AsyncIterator[str]:
    """The file in pieces; of each kind the first 10,000 groups."""
    if kind == "csv":
        yield csv_lines([_COLUMNS])
    for of_kind in (0, 1):
        for skip in range(0, MOST, _AT_ONCE):
            found: Sequence[AttentionGroup] = (
                await inbox.list_groups(most=_AT_ONCE, skip=skip, by=by)
            )[of_kind]
            yield write_rows(kind, _COLUMNS, found)
            if len(found) < _AT_ONCE:
                break
