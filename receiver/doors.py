"""The two ways in: an address that holds the token, and a header."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from receiver.intake import Intake
from receiver.problems import problem
from receiver.tokens import from_header

GREETING = "This address is ready to receive webhooks of Academy of Mine. Paste it into AOM as it is.\n"


class PathDoor:
    """`/in/{token}[/{event}]`: what a school pastes into AOM. An ASGI application that reads the path itself: it is the hot one."""

    PREFIX = "/in/"

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token, *named = scope["path"][len(self.PREFIX) :].split("/", 1)
        source = self._intake.tokens.source(token)
        if source is None:
            answer = self._intake.unknown_token(in_path=True)
        else:
            answer = await _by_method(self._intake, scope, receive, source, named[0] if named else None)
        await answer(scope, receive, send)


class HeaderDoor:
    """`/events[/{event}]` with an Authorization header, as an ASGI endpoint: for relays and scripts."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        source = self._intake.tokens.source(from_header(Headers(scope=scope).get("authorization", "")))
        if source is None:
            answer = self._intake.unknown_token(in_path=False)
        else:
            answer = await _by_method(self._intake, scope, receive, source, scope["path_params"].get("event"))
        await answer(scope, receive, send)


async def _by_method(intake: Intake, scope: Scope, receive: Receive, source: str, named: str | None) -> Response:
    if scope["method"] == "POST":
        return await intake.receive(scope, receive, source, _storable(named) if named and named.strip("/") else None)
    if scope["method"] in {"GET", "HEAD"}:
        return PlainTextResponse(GREETING)
    return problem(405, "POST an event here.", headers={"Allow": "GET, HEAD, POST"})


def _storable(named: str) -> str:
    """An address can name anything, with a slash at its end; what is kept of it must fit into any database."""
    return named.rstrip("/")[:100].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
