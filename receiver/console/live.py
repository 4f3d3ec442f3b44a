"""Tells a page that is open in a browser to look again, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from receiver.console.page import HEADERS, Console
from receiver.console.session import PATH
from receiver.http.problem_details import problem_response
from receiver.inbox import StoreUnavailable
from receiver.jobs.change_feed import ChangeFeed, Follower

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
        who = request.state.session.operator.name
        if not self._changes.has_room(who):
            text = (
                "As many pages are open, of yours or in all, as this process tells of changes; or "
                "it is stopping."
            )
            return problem_response(503, text, headers={"Retry-After": "30"})
        if request.method == "HEAD":
            return Response(headers=_STREAM_HEADERS, media_type=_MEDIA_TYPE)
        return _FollowingResponse(
            self._changes, who, lambda follower: self._tell(request, follower)
        )

    async def _tell(self, request: Request, follower: Follower) -> AsyncIterator[str]:
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


class _FollowingResponse(Response):
    """Follows from the moment that room was found: nothing is awaited between the two, so that no
    more follow than there is room for.
    """

    def __init__(
        self, changes: ChangeFeed, who: str, tell: Callable[[Follower], AsyncIterator[str]]
    ) -> None:
        super().__init__(headers=_STREAM_HEADERS, media_type=_MEDIA_TYPE)
        self._changes = changes
        self._who = who
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._changes.follow(self._who) as follower:
            stream = StreamingResponse(
                self._tell(follower), headers=_STREAM_HEADERS, media_type=_MEDIA_TYPE
            )
            await stream(scope, receive, send)
