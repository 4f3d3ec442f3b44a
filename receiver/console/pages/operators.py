"""The page Operators: who may what, and who is signed in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin.operation import NotFound
from receiver.console.page import Console
from receiver.console.session import PATH
from receiver.inbox import KeptSession

OPERATORS = f"{PATH}/operators"


def routes(console: Console) -> list[Route]:
    pages = OperatorPages(console)
    return [
        console.get(OPERATORS, pages.show),
        console.post(f"{OPERATORS}/end", pages.end, role="viewer", act="end session"),
    ]


class OperatorPages:
    """An operator sees and ends their own sessions, an admin everybody's."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._sessions = console.sessions

    async def show(self, request: Request) -> Response:
        return self._console.page(
            request,
            "operators.html",
            operators=self._sessions.tokens.operators,
            sessions=await self._visible(request),
            own=request.state.session.digest,
        )

    async def end(self, request: Request) -> Response:
        id = request.state.form.get("session", "")
        chosen = next((one for one in await self._visible(request) if one.id == id), None)
        if chosen is None:
            raise NotFound("There is no such session of yours; it may have ended by itself.")
        async with self._console.note_act(request) as act:
            await self._console.gateway.inbox.end_session(chosen.id)
            act.result = f"of {chosen.operator}"
        return self._console.redirect(
            request, OPERATORS, f"A session of {chosen.operator} is ended."
        )

    async def _visible(self, request: Request) -> list[KeptSession]:
        operator = request.state.session.operator
        return [
            one
            for one in await self._sessions.list_sessions()
            if operator.may("admin") or one.operator == operator.name
        ]
