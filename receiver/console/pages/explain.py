"""The explain box: paste a payload, see what it would write."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin.operation import NotFound
from receiver.admin.presenters import EventPeople, find_people
from receiver.admin.views import WrittenRecordView
from receiver.admin.written_records import find_written_records
from receiver.aom import EVENTS, LABELS, InvalidBody, SourceContext, read_sample
from receiver.console.page import Console, PageNotice
from receiver.console.session import PATH
from receiver.console.views.payload import as_json
from receiver.console.views.record_links import record_url
from receiver.gateway import Gateway
from receiver.mapping.explanation import ONLY_UPDATES, Explanation, explain_body, when_written
from receiver.mapping.source_lines import SourceLines

EXPLAIN = f"{PATH}/set-up/explain"
MOST_BYTES = 4 * 1024 * 1024  # a pasted payload of the largest size, each of its characters escaped
MOST_SHOWN = 64 * 1024  # characters of the normal form
MOST = 20  # deliveries that are shown; an announcement can have thousands


def routes(console: Console) -> list[Route]:
    box = ExplainBox(console)
    return [
        console.get(EXPLAIN, box.show),
        console.post(EXPLAIN, box.explain, role="viewer", most=MOST_BYTES),
    ]


def form_fields(
    gateway: Gateway, payload: str = "", source: str = "", event: str = ""
) -> dict[str, Any]:
    """What the form needs, filled in as given."""
    return {
        "payload": payload,
        "source_options": [(name, name) for name in gateway.settings.sources],
        "event_options": [
            ("", "none: told by the content"),
            *((name, f"{name} ({LABELS[name]})") for name in EVENTS),
        ],
        "chosen_source": source,
        "chosen_event": event,
        "samples": [name for name in EVENTS if read_sample(name)],
    }


class ExplainBox:
    """Keeps nothing, writes nothing, calls no CRM."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def show(self, request: Request) -> Response:
        """The box, empty, with AOM's own sample of an event, or with a stored event explained."""
        if stored := request.query_params.get("stored", ""):
            return await self._explain_stored(request, stored)
        event = request.query_params.get("sample", "")
        body = read_sample(event) if event in EVENTS else None
        fields = form_fields(
            self._gateway, body.decode() if body else "", event=event if body else ""
        )
        return self._console.page(request, "explain.html", explained=None, invalid=None, **fields)

    async def explain(self, request: Request) -> Response:
        form, gateway = request.state.form, self._gateway
        payload, source, event = (form.get(name, "") for name in ("payload", "source", "event"))
        site = gateway.sites.get(source)
        if site is None:
            raise NotFound(f"There is no source {source!r}.")
        fields = form_fields(gateway, payload, source, event)
        body = payload.encode("utf-8", "surrogatepass")
        if len(body) > gateway.settings.server.max_body_bytes:
            shown = PageNotice(
                "This is longer than server.max_body_bytes: a call like that is answered "
                "413, and not kept.",
                "warn",
            )
            return await self._console.large_page(
                request, "explain.html", notice=shown, explained=None, invalid=None, **fields
            )
        return await self._explained(request, body, site, event or None, fields, gateway.now())

    async def _explain_stored(self, request: Request, id: str) -> Response:
        """As it came or was amended: from its source, under the name in its URL, at its time."""
        if not id.isalnum():
            raise NotFound(f"There is no event {id!r}.")
        stored = await self._gateway.inbox.find_event(id)
        site = self._gateway.sites.get(stored.source)
        if site is None:
            raise NotFound(f"The source {stored.source!r} is not configured any more.")
        payload = stored.body.decode("utf-8", "backslashreplace")
        fields = form_fields(self._gateway, payload, stored.source, stored.named or "")
        return await self._explained(
            request,
            stored.body,
            site,
            stored.named,
            fields,
            stored.received_at,
            stored=stored.id,
            people=await find_people(self._gateway, stored),
        )

    async def _explained(
        self,
        request: Request,
        body: bytes,
        site: SourceContext,
        named: str | None,
        fields: dict[str, Any],
        now: datetime,
        *,
        stored: str | None = None,
        people: EventPeople | None = None,
    ) -> Response:
        """`stored` is the id of the event, where it is one, `people` who are in it."""
        known = people or EventPeople()
        try:
            explained = await asyncio.to_thread(
                explain_body,
                body,
                site,
                named,
                self._gateway.routes,
                now=now,
                most=MOST,
                profile_of=known.profiles.get,
                known_as=known.known_as,
            )
            normal = await asyncio.to_thread(as_json, explained.event.normal(), MOST_SHOWN)
        except InvalidBody as invalid:
            return await self._console.large_page(
                request, "explain.html", explained=None, invalid=invalid, **fields
            )
        settings = self._gateway.settings
        return await self._console.large_page(
            request,
            "explain.html",
            explained=explained,
            invalid=None,
            normal=normal,
            when_written=when_written,
            only_updates=ONLY_UPDATES,
            lines=SourceLines.read("the configuration", settings.lines, settings.connectors),
            written=await self._find_written(explained) if stored else {},
            stored=stored,
            **fields,
        )

    async def _find_written(
        self, explained: Explanation
    ) -> dict[tuple[str, str, str], WrittenRecordView]:
        """What the CRMs hold of the records, by connector, object and key."""
        found: dict[tuple[str, str, str], WrittenRecordView] = {}
        for delivery in explained.deliveries:
            refs = [(one.record.object, one.record.key) for one in delivery.planned]
            for written in await find_written_records(self._gateway, delivery.connector, refs):
                url = record_url(
                    self._gateway, delivery.connector, written.object, written.id or ""
                )
                found[delivery.connector, written.object, written.key] = replace(written, url=url)
        return found
