"""Lists as files: CSV for a spreadsheet, or a line of JSON for each row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from starlette.responses import StreamingResponse

from receiver.admin.operation import NotFound
from receiver.console.page import HEADERS
from receiver.console.views.paging import page_address

KINDS: Final = ("csv", "json")
_MEDIA_TYPES: Final = {"csv": "text/csv", "json": "application/jsonl"}
# what a spreadsheet would calculate; some read full-width signs as the plain ones
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def file_kind(given: str) -> str:
    """Raises NotFound where there is no such kind."""
    if given not in KINDS:
        raise NotFound(f"There is no file of the kind {given!r}; there are: {', '.join(KINDS)}.")
    return given


def file_links(path: str, asked: Mapping[str, str]) -> dict[str, str]:
    """The address of each kind of a list's file, `path` having its place for the kind."""
    return {kind: page_address(path.format(kind=kind), asked) for kind in KINDS}


def file_response(name: str, kind: str, pieces: AsyncIterator[str]) -> StreamingResponse:
    """A file that a browser keeps, sent in the pieces in which it is made."""
    disposition = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return StreamingResponse(
        pieces, headers={**HEADERS, **disposition}, media_type=_MEDIA_TYPES[kind]
    )


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """Nothing in it is a formula to a spreadsheet."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_cell(one) for one in row] for row in rows)
    return text.getvalue()


def json_lines(rows: Iterable[Any]) -> str:
    """Of dataclasses or mappings."""
    return "".join(
        json.dumps(one if isinstance(one, Mapping) else asdict(one), default=_plain) + "\n"
        for one in rows
    )


def write_rows(kind: str, columns: Sequence[str], rows: Sequence[Any]) -> str:
    """A part of a file; of CSV these columns alone, each an attribute of the row."""
    if kind == "json":
        return json_lines(rows)
    return csv_lines([getattr(row, name) for name in columns] for row in rows)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case Mapping() | list() | tuple():
            text = json.dumps(value, ensure_ascii=False, default=_plain) if value else ""
        case _ if hasattr(value, "isoformat"):
            text = value.isoformat()
        case _:
            text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
