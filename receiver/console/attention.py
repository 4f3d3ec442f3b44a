"""The page Attention: what waits for a decision, grouped by its reason; and what is being done about it."""

from __future__ import annotations

from operator import attrgetter

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.api import stories
from receiver.console import actions
from receiver.console.jobs import carry_out
from receiver.console.page import Console
from receiver.console.session import PATH

ATTENTION = f"{PATH}/attention"


def routes(console: Console) -> list[Route]:
    pages = Attention(console)
    return [console.get(ATTENTION, pages.show), console.post(f"{ATTENTION}/revalidate", pages.revalidate)]


class Attention:
    """Dead deliveries and calls in quarantine, the largest groups first or the newest."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def show(self, request: Request) -> Response:
        by = "newest" if request.query_params.get("by") == "newest" else "largest"
        order = attrgetter("last" if by == "newest" else "count")
        dead, quarantined = await self._gateway.inbox.groups()
        return self._console.page(
            request,
            "attention.html",
            by=by,
            dead=[(stories.dead_group(one), one.example) for one in sorted(dead, key=order, reverse=True)],
            quarantined=[(stories.quarantined_group(one), one.example) for one in sorted(quarantined, key=order, reverse=True)],
            jobs=self._gateway.background.jobs(),
        )

    async def revalidate(self, request: Request) -> Response:
        work = actions.revalidate(self._gateway)
        return self._console.redirect(request, ATTENTION, await carry_out(self._gateway, "Checking the quarantine again", work))
