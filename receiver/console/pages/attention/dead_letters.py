"""All that is dead at one connector, whatever it died of: to replay or discard it at once."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin.operation import NotFound
from receiver.console import actions
from receiver.console.action_results import carry_out
from receiver.console.page import Console
from receiver.console.pages.attention.attention import ATTENTION
from receiver.console.replays import AskedReplay, ask_or_replay
from receiver.inbox import DeliverySelection, EventFilter
from receiver.inbox.db.storable_text import storable_text
from receiver.jobs.job_runner import Work

REPLAY, DISCARD = f"{ATTENTION}/dead/replay", f"{ATTENTION}/dead/discard"


def routes(console: Console) -> list[Route]:
    pages = DeadLetterPages(console)
    return [console.post(REPLAY, pages.replay), console.post(DISCARD, pages.discard)]


class DeadLetterPages:
    """The actions. The form names the connector, which need not be configured any more."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def replay(self, request: Request) -> Response:
        connector = await self._connector(request)
        asked = AskedReplay(
            f"Replay: all that was dead at {connector}",
            _all(connector),
            REPLAY,
            ATTENTION,
            [("connector", connector)],
        )
        return await ask_or_replay(self._console, request, asked)

    async def discard(self, request: Request) -> Response:
        connector = await self._connector(request)
        if request.state.form.get("confirmed") != "yes":
            return await self._confirm(request, connector)
        return await self._done(
            request,
            f"Discarding: all that was dead at {connector}",
            actions.discard_work(self._gateway, _all(connector)),
        )

    async def _connector(self, request: Request) -> str:
        name = storable_text(request.state.form.get("connector", ""))
        status = await self._gateway.standing.status()
        if name not in status.connectors:
            raise NotFound(f"There is no connector {name!r}.")
        return name

    async def _confirm(self, request: Request, connector: str) -> Response:
        number = (await self._gateway.standing.status()).connectors[connector].dead
        return self._console.page(
            request,
            "confirm.html",
            title=f"Discard all {number:,} that are dead at {connector}?",
            says=[
                (
                    "They are not delivered. The events stay, and can be replayed later, until "
                    "they are purged."
                )
            ],
            action=DISCARD,
            fields=[("connector", connector)],
            button="Discard",
            back=ATTENTION,
        )

    async def _done(self, request: Request, what: str, work: Work) -> Response:
        return self._console.redirect(
            request, ATTENTION, await carry_out(self._console, request, what, work)
        )


def _all(connector: str) -> DeliverySelection:
    return DeliverySelection(filter=EventFilter(state="dead", connector=connector))
