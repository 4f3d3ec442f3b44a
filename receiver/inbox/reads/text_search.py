"""Finds events by any text in what came, such as a name or a part of an address.

No index holds all of that, and none is worth its price at each event: the newest are read, so many
at a time.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, cast, func, or_, select

from receiver.inbox.db.tables import event
from receiver.inbox.db.transaction import Transaction

MOST_READ: Final = 5_000  # events at a time
SHORTEST_TEXT: Final = 3
_MOST_FOUND: Final = 20


@dataclass(frozen=True, slots=True)
class TextMatches:
    """Ids of events in which the text stands, the newest first. `further`: what to give as `before`
    to look on at older ones; None where all were looked at.
    """

    event_ids: tuple[str, ...] = ()
    further: str | None = None


def find_text(
    transaction: Transaction, text: str, *, before: str | None = None, most_read: int = MOST_READ
) -> TextMatches:
    """Look for a text in the bodies of the newest events, or of the newest with ids below `before`.

    Capital letters count only beyond ASCII. A text of less than three characters is not looked for.
    """
    if len(text) < SHORTEST_TEXT:
        return TextMatches()
    newest = select(event.c.id, event.c.body).order_by(event.c.id.desc()).limit(most_read)
    if before is not None:
        newest = newest.where(event.c.id < before)
    read = newest.subquery("newest")
    connection = transaction.connection
    is_in = _in_body(read.c.body, text, postgresql=connection.dialect.name == "postgresql")
    found = connection.scalars(
        select(read.c.id).where(is_in).order_by(read.c.id.desc()).limit(_MOST_FOUND)
    ).all()
    count, oldest = connection.execute(select(func.count(), func.min(read.c.id))).one()
    last = found[-1] if len(found) == _MOST_FOUND else oldest if count == most_read else None
    return TextMatches(tuple(found), last)


def _in_body(body: ColumnElement[Any], text: str, *, postgresql: bool) -> ColumnElement[bool]:
    if postgresql:  # bytes that are no UTF-8 stop nothing
        content = func.lower(func.encode(body, "escape"))
        return or_(*(func.strpos(content, _as_octal(one)) > 0 for one in _ways_to_write(text)))
    content = func.lower(cast(body, Text))
    return or_(*(func.instr(content, one) > 0 for one in _ways_to_write(text)))


def _ways_to_write(text: str) -> set[str]:
    """As a sender may have written it: plain, with JSON's escapes, or with HTML's, as PHP does."""
    escaped = html.escape(text, quote=False).replace("'", "&#039;").replace('"', "&quot;")
    return {_lower(one) for one in (text, json.dumps(text)[1:-1], escaped)}


def _lower(text: str) -> str:
    """What both databases do, too."""
    return "".join(one.lower() if one.isascii() else one for one in text)


def _as_octal(text: str) -> str:
    """As PostgreSQL writes bytes in its format `escape`."""
    return "".join(
        "\\\\" if byte == ord("\\") else chr(byte) if 0 < byte < 0x80 else f"\\{byte:03o}"  # noqa: PLR2004
        for byte in text.encode("utf-8", "surrogatepass")
    )
