"""Search by anything: one box on every page that takes whatever somebody has in hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin.presenters import present_item
from receiver.console.page import Console
from receiver.console.session import PATH
from receiver.console.views.paging import page_address
from receiver.console.views.record_links import record_url
from receiver.inbox import EventFilter, FoundRecord, SearchResult
from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.reads.search import MOST_FOUND
from receiver.inbox.reads.text_search import MOST_READ, SHORTEST_TEXT

SEARCH = f"{PATH}/search"
MOST_CHARACTERS = 400


def routes(console: Console) -> list[Route]:
    return [console.get(SEARCH, SearchPage(console).show)]


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One thing that was found: what it is, and the address of its page.

    `url` is the record's page in the CRM, where there is one.
    """

    text: str
    says: str
    to: str
    url: str | None = None


class SearchPage:
    """What fits as a whole goes before what begins so. The only one that fits is gone to.

    Where none does, the text is looked for in what came.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def show(self, request: Request) -> Response:
        text = storable_text(request.query_params.get("q", ""))[:MOST_CHARACTERS].strip()
        if not text:
            return self._page(request, asked="")
        if before := storable_text(request.query_params.get("before", "")):
            return await self._show_mentions(request, text, before)
        found = await self._gateway.inbox.find_matches(
            text, sources=tuple(self._gateway.settings.sources)
        )
        kinds = self._kinds(found)
        if not kinds:
            return await self._show_mentions(request, text)
        whole = [hit for name, hits in kinds for hit in hits if name != _BEGIN]
        only = {hit.to for hit in whole or [hit for _, hits in kinds for hit in hits]}
        if len(only) == 1:
            return self._console.redirect(request, only.pop())
        return self._page(request, asked=text, kinds=kinds)

    async def _show_mentions(
        self, request: Request, text: str, before: str | None = None
    ) -> Response:
        """Events in which it stands somewhere, such as a name."""
        inbox = self._gateway.inbox
        found = await inbox.find_text(text, before=before)
        listed = await inbox.list_events(EventFilter(ids=found.event_ids))
        further = found.further and page_address(SEARCH, {"q": text, "before": found.further})
        return self._page(
            request,
            asked=text,
            events=[present_item(row) for row in listed.items] if found.event_ids else [],
            before=before,
            further=further,
        )

    def _page(self, request: Request, *, asked: str, **shown: Any) -> Response:
        context = {"kinds": (), "events": (), "before": None, "further": None, **shown}
        return self._console.page(
            request,
            "search.html",
            asked=asked,
            most=MOST_FOUND,
            number=MOST_READ,
            short=len(asked) < SHORTEST_TEXT,
            **context,
        )

    def _kinds(self, found: SearchResult) -> list[tuple[str, list[SearchHit]]]:
        """Each kind with what was found of it; those of which nothing was are left out."""
        kinds = {
            "Events": [SearchHit(id, "event", f"{PATH}/events/{id}") for id in found.event_ids],
            "Orders": [
                SearchHit(
                    f"{one.source}:{one.id}",
                    f"{one.events:,} {'event' if one.events == 1 else 'events'}",
                    _of_key(f"{one.source}:{one.id}"),
                )
                for one in found.orders
            ],
            "Records in CRMs": [self._record(one) for one in found.records],
            "People": [_person(email) for email in found.exact_people],
            _BEGIN: [_person(email) for email in found.people],
        }
        return [(name, hits) for name, hits in kinds.items() if hits]

    def _record(self, found: FoundRecord) -> SearchHit:
        record = found.record
        theirs = record.key == found.person  # the person's own record, such as a contact
        return SearchHit(
            record.key,
            f"{record.object} {record.id} in {record.connector}",
            _of_person(record.key) if theirs else _of_key(record.key),
            record_url(self._gateway, record.connector, record.object, record.id),
        )


_BEGIN = "People whose address begins so"


def _person(email: str) -> SearchHit:
    return SearchHit(email, "", _of_person(email))


def _of_person(email: str) -> str:
    return page_address(f"{PATH}/people", {"email": email})


def _of_key(key: str) -> str:
    return page_address(f"{PATH}/events", {"key": key})
