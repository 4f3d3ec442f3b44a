"""The page Events: what came, newest first."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin import attention_groups
from receiver.admin.operation import NotFound, UnfitParameter
from receiver.aom import LABELS
from receiver.console.page import Console
from receiver.console.replays import AskedReplay, ask_or_replay
from receiver.console.session import PATH
from receiver.console.views.event_download import write_events
from receiver.console.views.event_search import STATES, EventSearch
from receiver.console.views.paging import TurnedPage, page_address, turn_page
from receiver.console.views.record_links import record_url
from receiver.console.views.table_file import file_kind, file_links, file_response
from receiver.inbox import AttentionGroup, DeliverySelection, EventFilter, RemoteRecord

EVENTS = f"{PATH}/events"
DOWNLOAD = f"{EVENTS}/download/{{kind}}"  # of what fits a search
REPLAY = f"{EVENTS}/replay"


def routes(console: Console) -> list[Route]:
    page = EventsPage(console)
    return [
        console.get(EVENTS, page.show),
        console.get(DOWNLOAD, page.download),
        console.post(REPLAY, page.replay),
    ]


class EventsPage:
    """The list, and the form that says of what."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def show(self, request: Request) -> Response:
        search = EventSearch.read(request.query_params)
        try:
            group, chosen = await self._chosen(search)
        except (UnfitParameter, NotFound) as error:
            return self._page(request, search, TurnedPage(), status=422, fault=str(error))
        turned = await turn_page(
            self._gateway.inbox, chosen, EVENTS, search.asked(), request.query_params
        )
        unsearched = 0 if turned.items else await self._gateway.inbox.count_unsearched(chosen)
        return self._page(
            request,
            search,
            turned,
            reasons=group_reasons(group) if group else (),
            unsearched=unsearched,
            records=await self._records(search.key) if search.key else (),
        )

    async def download(self, request: Request) -> Response:
        """What fits the search as a file, newest first."""
        kind = file_kind(request.path_params["kind"])
        _, chosen = await self._chosen(EventSearch.read(request.query_params))
        return file_response("events", kind, write_events(self._gateway.inbox, chosen, kind))

    async def replay(self, request: Request) -> Response:
        """All that fits the search that the form repeats; never all there is."""
        search = EventSearch.read(request.state.form)
        if not search.asked():
            raise UnfitParameter("Say what to replay: search for something first.")
        _, chosen = await self._chosen(search)
        asked = AskedReplay(
            "Replay of a search",
            DeliverySelection(filter=chosen),
            REPLAY,
            page_address(EVENTS, search.asked()),
            list(search.asked().items()),
        )
        return await ask_or_replay(self._console, request, asked)

    async def _chosen(self, search: EventSearch) -> tuple[AttentionGroup | None, EventFilter]:
        """The group that is asked for, and all that is. Raises NotFound, UnfitParameter."""
        group, chosen = await self._group(search), search.filter()
        if search.key:
            chosen = replace(chosen, ids=await self._gateway.inbox.find_key_events(search.key))
        return group, attention_groups.narrow_filter(group, chosen) if group else chosen

    async def _records(self, key: str) -> list[tuple[RemoteRecord, str | None]]:
        """What the CRMs hold of this key or order, each with its page there."""
        keys = [key, *(f"{source}:{key}" for source in self._gateway.settings.sources)]
        return [
            (
                one.record,
                record_url(self._gateway, one.record.connector, one.record.object, one.record.id),
            )
            for one in await self._gateway.inbox.find_records(keys)
        ]

    async def _group(self, search: EventSearch) -> AttentionGroup | None:
        if not search.group:
            return None
        try:
            return await attention_groups.find_group(self._gateway.inbox, search.group)
        except NotFound:
            raise NotFound(
                f"There is no group {search.group} any more: what was in it was replayed, "
                "discarded or accepted."
            ) from None

    def _page(
        self,
        request: Request,
        search: EventSearch,
        turned: TurnedPage,
        *,
        status: int = 200,
        **context: Any,
    ) -> Response:
        settings = self._gateway.settings
        return self._console.page(
            request,
            "events.html",
            status=status,
            search=search,
            turned=turned,
            events=_choice(LABELS),
            states=_choice(STATES),
            sources=_choice(_with(settings.sources, search.source)),
            connectors=_choice(_with(settings.connectors, search.connector)),
            downloads=file_links(DOWNLOAD, search.asked()),
            without_group=page_address(EVENTS, search.without_group().asked()),
            **{"fault": None, "reasons": (), "unsearched": 0, "records": (), **context},
        )


def group_reasons(group: AttentionGroup) -> list[str]:
    """Why the deliveries or calls of a group are where they are, in sentences."""
    if group.kind == "dead":
        return [group.reason or "No reason is known."]
    return [
        f"{path or 'The body'}: {message}" for path, message in json.loads(group.reason or "[]")
    ]


def _choice(values: Iterable[str]) -> list[tuple[str, str]]:
    """For a form, with the choice of not choosing."""
    return [("", "any"), *((value, value) for value in values)]


def _with(names: Iterable[str], chosen: str) -> list[str]:
    """What can be chosen: all that is configured, and what was asked for though it is not any
    more.
    """
    return sorted({*names, *([chosen] if chosen else [])})
