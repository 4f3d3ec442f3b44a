"""Tells a page that is open in a browser to look again, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from receiver.console.page import HEADERS, Console
from receiver.console.session import PATH
from receiver.http.answers import ENDLESS
from receiver.http.problem_details import problem_response
from receiver.inbox import StoreUnavailable

LIVE = f"{PATH}/live"
# seconds between two signs of life, which no proxy takes for silence; a session that was ended is
# noticed so soon
HEARTBEAT: Final = 10.0
_MEDIA_TYPE: Final = "text/event-stream"
_STREAM_HEADERS = {**HEADERS, "X-Accel-Buffering": "no"}  # nginx would hold it back


def routes(console: Console) -> list[Route]:
    return [console.get(LIVE, LiveStream(console).show)]


class LiveStream:
    """One open answer for each page that is looked at. It says that something changed, never what:
    the page asks for that by itself, and gets what its operator may see.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._changes = console.gateway.lasting.changes

    async def show(self, request: Request) -> Response:
        if not self._changes.has_room:
            text = "As many pages are open as this process tells of changes, or it is stopping."
            return problem_response(503, text, headers={"Retry-After": "30"})
        if request.method == "HEAD":
            return Response(headers=_STREAM_HEADERS, media_type=_MEDIA_TYPE)
        request.scope[ENDLESS] = True
        return StreamingResponse(
            self._tell(request), headers=_STREAM_HEADERS, media_type=_MEDIA_TYPE
        )

    async def _tell(self, request: Request) -> AsyncIterator[str]:
        with self._changes.follow() as follower:
            yield ": it is followed\n\n"
            while True:
                changed = await follower.wait(HEARTBEAT)
                if follower.ended or not await self._is_signed_in(request):
                    return
                yield "event: change\ndata: look again\n\n" if changed else ": still here\n\n"

    async def _is_signed_in(self, request: Request) -> bool:
        """Whether the session that the stream was asked for with holds still."""
        try:
            session = await self._console.sessions.read(request)
        except StoreUnavailable:
            return False
        return session is not None and session.signed_in
