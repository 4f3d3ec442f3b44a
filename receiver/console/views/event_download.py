"""A list of events as a file: CSV for a spreadsheet, or a line of JSON for each event."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from receiver.admin import presenters
from receiver.console.views.table_file import csv_lines, json_lines, write_rows
from receiver.inbox import EventFilter, Inbox

MOST: Final = 100_000  # events in a file
_AT_ONCE: Final = 500
_COLUMNS: Final = ("id", "received_at", "source", "event", "state", "person", "people")


async def write_events(inbox: Inbox, chosen: EventFilter, kind: str) -> AsyncIterator[str]:
    """The file in pieces, newest first. Behind the first 100,000 events a last line says that it
    is cut.
    """
    written, before = 0, None
    if kind == "csv":
        yield csv_lines([_COLUMNS])
    while written < MOST:
        page = await inbox.list_events(chosen, before=before, limit=min(_AT_ONCE, MOST - written))
        items = [presenters.present_item(row) for row in page.items]
        yield write_rows(kind, _COLUMNS, items)
        written, before = written + len(items), page.next
        if before is None:
            return
    words = f"cut behind the newest {MOST:,}: search for what is older than {before}"
    yield csv_lines([(words,)]) if kind == "csv" else json_lines([{"cut": words, "next": before}])
