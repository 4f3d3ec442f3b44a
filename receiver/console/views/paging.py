"""Lists of events that are turned page by page, to older ones and back to newer ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from receiver.admin import presenters, views
from receiver.inbox import EventFilter, EventRowPage, Inbox
from receiver.inbox.db.storable_text import storable_text

PAGE = 50


@dataclass(frozen=True, slots=True)
class TurnedPage:
    """One page, newest first, and the addresses of its neighbours; None where there is none."""

    items: Sequence[views.EventItem] = ()
    newer: str | None = None
    older: str | None = None


def page_address(path: str, asked: Mapping[str, str], **more: str) -> str:
    """The path with what is asked there; what is empty is left out."""
    given = {
        name: value.encode("utf-8", "replace") for name, value in {**asked, **more}.items() if value
    }
    return f"{path}?{urlencode(given)}" if given else path


async def turn_page(
    inbox: Inbox,
    chosen: EventFilter,
    path: str,
    asked: Mapping[str, str],
    query: Mapping[str, str],
    *,
    to: str = "",
) -> TurnedPage:
    """The page that the query's `before` or `after` names, or the first.

    `asked` is kept in the neighbours' addresses, which lead to the place `to` on their page.
    """

    def at(**more: str) -> str:
        return page_address(path, asked, **more) + to

    before, after = storable_text(query.get("before", "")), storable_text(query.get("after", ""))
    if after:
        page = await inbox.list_events(chosen, after=after, limit=PAGE)
        if page.next:
            return _turned(
                page, newer=at(after=page.items[0].id), older=at(before=page.items[-1].id)
            )
        before = ""  # all that are newer are on the first page
    page = await inbox.list_events(chosen, before=before or None, limit=PAGE)
    newer = at(after=page.items[0].id) if before and page.items else None
    return _turned(page, newer=newer, older=at(before=page.next) if page.next else None)


def _turned(page: EventRowPage, *, newer: str | None, older: str | None) -> TurnedPage:
    return TurnedPage([presenters.present_item(row) for row in page.items], newer, older)
