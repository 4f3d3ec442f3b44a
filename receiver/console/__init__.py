"""The console: pages for the people who run the gateway."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from receiver.console import live
from receiver.console.page import Console
from receiver.console.pages import (
    audit,
    compare,
    diff,
    event,
    events,
    explain,
    operators,
    overview,
    person,
    search,
    setup,
    sign_in,
)
from receiver.console.pages.attention import attention, dead_letters, group, work
from receiver.console.pages.connections import connector, records, source
from receiver.console.pages.problems import problem_routes
from receiver.console.session import PATH, SessionStore
from receiver.console.static_files import KeptFiles
from receiver.console.templating import STATIC, environment
from receiver.gateway import Gateway
from receiver.http.operators import OperatorTokens
from receiver.http.problem_details import problem_response

__all__ = ["console_routes", "problem_routes"]

OFF = (
    "The console is off, since server.admin_token is not set in the configuration, and there is no "
    "[operators.NAME]."
)
PAGES = (
    sign_in,
    overview,
    connector,
    records,
    source,
    events,
    event,
    compare,
    person,
    search,
    attention,
    dead_letters,
    group,
    live,
    setup,
    explain,
    diff,
    audit,
    operators,
    work,
)


def console_routes(gateway: Gateway) -> Sequence[BaseRoute]:
    """The pages for operators; where there are none, an answer that says so."""
    files = Mount(f"{PATH}/static", KeptFiles(directory=STATIC))  # the pages of problems need them
    if not gateway.settings.has_operators:
        return [files, Route(PATH, _off), Route(f"{PATH}/{{path:path}}", _off)]
    public_url = gateway.settings.server.public_url or ""
    sessions = SessionStore(
        gateway.inbox,
        OperatorTokens(gateway.settings),
        gateway.lasting.session_key,
        gateway.now,
        https=public_url.startswith("https:"),
    )
    console = Console(gateway, sessions, environment())

    async def nowhere(request: Request) -> Response:
        return console.problem(request, 404, "There is no such page.")

    async def first(request: Request) -> Response:
        return console.redirect(request, PATH)

    return [
        files,
        *(route for page in PAGES for route in page.routes(console)),
        console.get(f"{PATH}/", first),
        console.any(PATH, nowhere),
        console.any(f"{PATH}/{{path:path}}", nowhere),
    ]


async def _off(_request: Request) -> Response:
    return problem_response(404, OFF)
