"""What needs attention as a file: a row for each group, the dead deliveries first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from receiver.console.views.table_file import csv_lines, json_lines, write_rows
from receiver.inbox import Inbox
from receiver.inbox.reads.attention_groups import Order

MOST: Final = 10_000  # groups of each kind in a file
_AT_ONCE: Final = 500
_COLUMNS: Final = ("id", "kind", "where", "event", "reason", "count", "first", "last", "example")


async def write_groups(
    inbox: Inbox, by: Order, kind: str, *, most: int = MOST
) -> AsyncIterator[str]:
    """The file in pieces; of each kind the first `most` groups. Where there are more a last line
    says that it is cut.
    """
    if kind == "csv":
        yield csv_lines([_COLUMNS])
    # at once, since each page would group all anew; one more tells that there are more
    dead, quarantined = await inbox.list_groups(most=most + 1, by=by)
    groups = [*dead[:most], *quarantined[:most]]
    for first in range(0, len(groups), _AT_ONCE):
        yield write_rows(kind, _COLUMNS, groups[first : first + _AT_ONCE])
    if max(len(dead), len(quarantined)) > most:
        words = f"cut behind the {by} {most:,} of each kind: the page has the others"
        yield csv_lines([(words,)]) if kind == "csv" else json_lines([{"cut": words}])
