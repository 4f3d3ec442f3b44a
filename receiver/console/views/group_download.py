"""What needs attention as a file: a row for each group, the dead deliveries first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from receiver.console.views.table_file import csv_lines, write_rows
from receiver.inbox import Inbox
from receiver.inbox.reads.attention_groups import Order

MOST: Final = 10_000  # groups of each kind in a file
_AT_ONCE: Final = 500
_COLUMNS: Final = ("id", "kind", "where", "event", "reason", "count", "first", "last", "example")


async def write_groups(inbox: Inbox, by: Order, kind: str) -> AsyncIterator[str]:
    """The file in pieces; of each kind the first 10,000 groups."""
    if kind == "csv":
        yield csv_lines([_COLUMNS])
    dead, quarantined = await inbox.list_groups(most=MOST, by=by)  # each page would group all anew
    groups = [*dead, *quarantined]
    for first in range(0, len(groups), _AT_ONCE):
        yield write_rows(kind, _COLUMNS, groups[first : first + _AT_ONCE])
