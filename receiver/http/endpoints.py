"""The two ways in: an address that holds the token, and a header."""

from __future__ import annotations

from datetime import datetime

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from receiver.http.authentication import from_header
from receiver.http.problem_details import problem
from receiver.ingest.intake import Intake

GREETING = "This address is ready to receive webhooks of Academy of Mine. Paste it into AOM as it is.\n"


class PathEndpoint:
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


class HeaderEndpoint:
    """`/events[/{event}]` with an Authorization header, as an ASGI endpoint: for relays and scripts.

    With `Occurred-At` (ISO 8601, with an offset) an event of the past takes its place before all that came since.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        source = self._intake.tokens.source(from_header(Headers(scope=scope).get("authorization", "")))
        if source is None:
            answer = self._intake.unknown_token(in_path=False)
        else:
            answer = await self._at_its_time(scope, receive, source, scope["path_params"].get("event"))
        await answer(scope, receive, send)

    async def _at_its_time(self, scope: Scope, receive: Receive, source: str, named: str | None) -> Response:
        told = Headers(scope=scope).get("occurred-at")
        occurred_at = _moment(told) if told is not None else None
        if told is not None and not (occurred_at and occurred_at <= self._intake.now()):
            return problem(400, "Occurred-At must be a past time like 2026-03-01T14:30:00Z.", kept=False)
        return await _by_method(self._intake, scope, receive, source, named, occurred_at)


async def _by_method(
    intake: Intake, scope: Scope, receive: Receive, source: str, named: str | None, occurred_at: datetime | None = None
) -> Response:
    if scope["method"] == "POST":
        return await intake.receive(scope, receive, source, _storable(named) if named and named.strip("/") else None, occurred_at)
    if scope["method"] in {"GET", "HEAD"}:
        return PlainTextResponse(GREETING)
    return problem(405, "POST an event here.", headers={"Allow": "GET, HEAD, POST"})


def _storable(named: str) -> str:
    """An address can name anything, with a slash at its end; what is kept of it must fit into any database."""
    return named.rstrip("/")[:100].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _moment(told: str) -> datetime | None:
    """An aware time from 1970 on."""
    try:
        at = datetime.fromisoformat(told.strip())
        return at if at.tzinfo and at.timestamp() >= 0 else None
    except (ValueError, OverflowError):
        return None
