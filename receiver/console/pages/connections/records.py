"""The pages of what a connector holds, where it can list it: what a CRM would hold, seen in the
sandbox.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.base import Browsable, ConnectorError, Searchable
from receiver.admin.operation import NotFound, UnfitParameter
from receiver.admin.written_records import find_written_records
from receiver.console.page import Console
from receiver.console.session import PATH
from receiver.console.views.held_records import (
    choose_columns,
    record_address,
    records_address,
    shown_value,
)
from receiver.console.views.paging import turn_page
from receiver.inbox import EventFilter
from receiver.inbox.db.storable_text import storable_text

FEW = 10  # records of each object where all are shown
PAGE = 50
_HELD = f"{PATH}/connectors/{{name}}/records"
_ADDRESSES: dict[str, Any] = {
    "records_address": records_address,
    "record_address": record_address,
    "shown_value": shown_value,
}


def routes(console: Console) -> list[Route]:
    pages = RecordPages(console)
    return [
        console.get(_HELD, pages.catch_outage(pages.show_objects)),
        console.get(f"{_HELD}/{{object}}", pages.catch_outage(pages.show_list)),
        console.get(f"{_HELD}/{{object}}/record", pages.catch_outage(pages.show_record)),
    ]


class RecordPages:
    """Asks the connector itself, each time: nothing of it is remembered here."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    def catch_outage(
        self, handler: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """The handler, with a page in words where the connector does not answer."""

        async def answered(request: Request) -> Response:
            try:
                return await handler(request)
            except ConnectorError as error:
                name = request.path_params["name"]
                return self._console.problem(request, 503, f"{name} does not answer: {error}")

        return answered

    async def show_objects(self, request: Request) -> Response:
        """The newest records of each object."""
        name, connector = self._browsable(request)
        counts = await connector.objects()
        held = [
            (object, number, entries, choose_columns(entries))
            for object, number in counts.items()
            for entries in [(await connector.records(object, FEW)).items]
        ]
        return self._page(request, "records.html", name=name, held=held)

    async def show_list(self, request: Request) -> Response:
        """The records of one object, or those whose key holds what is asked for.

        The only one whose key is that very text is gone to.
        """
        name, connector = self._browsable(request)
        object: str = request.path_params["object"]
        text = request.query_params.get("q", "").strip()
        before = request.query_params.get("before") or None
        if text and isinstance(connector, Searchable):
            if found := await connector.find_record(object, key=text):
                to = record_address(name, object, id=found.id)
                return self._console.redirect(request, to)
            search = connector.search_records(object, text, PAGE, before)
        else:
            search = connector.records(object, PAGE, before)
        try:
            page = await search
        except ValueError as error:
            raise UnfitParameter(f"`before`: {error}") from error
        if not (page.items or text or before):
            raise NotFound(f"{name} holds no {object}.")
        older = records_address(name, object, q=text, before=page.next) if page.next else None
        return self._page(
            request,
            "held_objects.html",
            name=name,
            object=object,
            entries=page.items,
            columns=choose_columns(page.items),
            older=older,
            first=records_address(name, object, q=text) if before else None,
            asked=text,
        )

    async def show_record(self, request: Request) -> Response:
        """One record with all its fields, what it is linked to, and the events that wrote it."""
        name, connector = self._browsable(request)
        object: str = request.path_params["object"]
        asked = {part: request.query_params.get(part, "") for part in ("id", "key")}
        found = (
            await connector.find_record(object, **asked)
            if isinstance(connector, Searchable) and any(asked.values())
            else None
        )
        if found is None:
            said = asked["id"] or asked["key"]
            raise NotFound(f"{name} holds no {object} {said!r}." if said else "No record is named.")
        inbox, here = self._gateway.inbox, {"id": found.id}
        (written,) = await find_written_records(self._gateway, name, [(object, found.key)])
        ids = await inbox.find_record_events(name, storable_text(object), storable_text(found.key))
        chosen = EventFilter(ids=ids)
        path = record_address(name, object)
        return self._page(
            request,
            "held_record.html",
            name=name,
            object=object,
            entry=found,
            writers=written.fields,
            turned=await turn_page(
                inbox, chosen, path, here, request.query_params, to="#events-heading"
            ),
        )

    def _page(self, request: Request, template: str, *, name: str, **context: Any) -> Response:
        searchable = isinstance(self._gateway.connectors.get(name), Searchable)
        return self._console.page(
            request, template, name=name, searchable=searchable, **_ADDRESSES, **context
        )

    def _browsable(self, request: Request) -> tuple[str, Browsable]:
        name: str = request.path_params["name"]
        connector = self._gateway.connectors.get(name)
        if connector is None:
            raise NotFound(f"There is no connector {name!r}.")
        if not isinstance(connector, Browsable):
            raise NotFound(f"{name} cannot list its records; look in the CRM itself.")
        return name, connector
