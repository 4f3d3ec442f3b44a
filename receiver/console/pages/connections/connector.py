"""The page of a connector: how it stands, what was learnt of its account, and pausing it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin.operation import NotFound
from receiver.console.page import Console, PageNotice
from receiver.console.session import PATH
from receiver.console.views.connector_advice import advise_connector
from receiver.console.views.held_records import find_browsable
from receiver.console.views.paging import page_address
from receiver.delivery.limits.rate_limiter import WINDOW
from receiver.inbox import AuditEntry, AuditFilter, process_name
from receiver.inbox.db.storable_text import storable_text

CONNECTORS = f"{PATH}/connectors"
MOST_WORDS = 500  # characters of a reason
MOST_PAUSES = 10
LOOKED_THROUGH = 200  # acts whose request holds the connector's name


def routes(console: Console) -> list[Route]:
    page, one = ConnectorPage(console), f"{CONNECTORS}/{{name}}"
    return [
        console.get(one, page.show),
        console.post(f"{one}/pause", page.pause),
        console.post(f"{one}/resume", page.resume),
    ]


class ConnectorPage:
    """A connector that is configured, or that was and has something left."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def show(self, request: Request) -> Response:
        name: str = request.path_params["name"]
        gateway = self._gateway
        stored = (await gateway.standing.status()).connectors.get(name)
        if stored is None:
            raise NotFound(f"There is no connector {name!r}.")
        settings, limiter = gateway.settings.connectors.get(name), gateway.limiters.get(name)
        opened = gateway.connectors.get(name)
        return self._console.page(
            request,
            "connector.html",
            one=advise_connector(name, settings, stored, limiter, process=process_name()),
            by_operator=stored.kind == "operator",
            limit=limiter.limit if limiter else None,
            configured_limit=settings.rate_limit if settings else None,
            takes=opened.limits if opened else None,
            batch_size=settings.batch_size if settings else None,
            account=await gateway.inbox.find_account(name),
            pauses=await self._pauses(name),
            browsable=name in find_browsable(gateway),
            window=int(WINDOW),
            most=MOST_WORDS,
        )

    async def pause(self, request: Request) -> Response:
        """No delivery begins from now on; what is under way ends."""
        name = self._configured(request)
        reason = storable_text(request.state.form.get("reason", "")).strip()[:MOST_WORDS]
        if not reason:
            notice = PageNotice("Say why, for whoever sees it. Nothing was done.", "warn")
            return self._console.redirect(request, self._address(name), notice)
        async with self._console.note_act(request) as act:
            await self._gateway.inbox.stop_connector([name], reason, now=self._gateway.now())
            self._gateway.standing.forget()
            act.result = f"{name} is paused: what comes waits, and nothing is lost."
        return self._console.redirect(request, self._address(name), act.result)

    async def resume(self, request: Request) -> Response:
        name = self._configured(request)
        async with self._console.note_act(request) as act:
            changed = await self._gateway.inbox.start_connector(name)
            self._gateway.standing.forget()
            act.result = f"{name} delivers again." if changed else f"No operator had paused {name}."
        return self._console.redirect(request, self._address(name), act.result)

    async def _pauses(self, name: str) -> list[AuditEntry]:
        """The newest pauses and resumptions by operators, the newest first."""
        chosen = AuditFilter(acts=("pause", "resume"), naming=name)
        found = await self._gateway.inbox.list_audit(chosen, limit=LOOKED_THROUGH)
        return [
            entry
            for entry in found
            if entry.about.get("connector") == name and entry.outcome == "done"
        ][:MOST_PAUSES]

    def _configured(self, request: Request) -> str:
        name: str = request.path_params["name"]
        if name not in self._gateway.settings.connectors:
            raise NotFound(f"There is no connector {name!r}.")
        return name

    def _address(self, name: str) -> str:
        return page_address(f"{CONNECTORS}/{name}", {})
