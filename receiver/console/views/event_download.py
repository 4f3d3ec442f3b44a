"""A list of events as a file: CSV for a spreadsheet, or a line of JSON for each event."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Final

from receiver.admin import presenters, views
from receiver.inbox import EventFilter, Inbox

MOST: Final = 100_000  # events in a file
_AT_ONCE: Final = 500
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate
_COLUMNS: Final = ("id", "received_at", "source", "event", "state", "person", "people")

Writer = Callable[[Sequence[views.EventItem]], str]


async def write_events(inbox: Inbox, chosen: EventFilter, kind: str) -> AsyncIterator[str]:
    """The file in pieces, newest first. Behind the first 100,000 events a last line says that it
    is cut.
    """
    written, before = 0, None
    if kind == "csv":
        yield _csv([_COLUMNS])
    while written < MOST:
        page = await inbox.list_events(chosen, before=before, limit=min(_AT_ONCE, MOST - written))
        items = [presenters.present_item(row) for row in page.items]
        yield WRITERS[kind](items)
        written, before = written + len(items), page.next
        if before is None:
            return
    words = f"cut behind the newest {MOST:,}: search for what is older than {before}"
    yield _csv([(words,)]) if kind == "csv" else json.dumps({"cut": words, "next": before}) + "\n"


def _write_csv(items: Sequence[views.EventItem]) -> str:
    return _csv([[_cell(getattr(item, name)) for name in _COLUMNS] for item in items])


def _write_json(items: Sequence[views.EventItem]) -> str:
    return "".join(json.dumps(asdict(item), default=_plain) + "\n" for item in items)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


WRITERS: Final[Mapping[str, Writer]] = {"csv": _write_csv, "json": _write_json}
