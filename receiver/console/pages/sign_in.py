"""Signing in and out."""

from __future__ import annotations

import re

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.console.form import BadForm, read_form
from receiver.console.page import SIGN_IN, Console, PageNotice, is_from_elsewhere, stepping_stone
from receiver.console.session import COOKIE, PATH, BrowserSession

_OWN_PAGE = re.compile(rf"{PATH}(?:[/?][\x21-\x7e]*)?")
_LONGEST = 2_000  # characters of an address that is kept through the sign-in
_FORM, _FIELDS = 8_192, 10  # bytes and fields of the form: whoever sends it may be anybody
SIGN_OUT = f"{PATH}/sign-out"


def routes(console: Console) -> list[Route]:
    pages = SignInPages(console)
    return [
        console.anybody(SIGN_IN, pages.show, "GET"),
        console.anybody(SIGN_IN, pages.sign_in, "POST"),
        console.post(SIGN_OUT, pages.sign_out, role="viewer", act="sign out"),
    ]


def own_page(address: str) -> str:
    """The address if it is a page of the console, else the first page: nobody is to be led to
    another site by a link to ours.
    """
    fits = len(address) <= _LONGEST and _OWN_PAGE.fullmatch(address) and "\\" not in address
    return address if fits and not address.startswith((SIGN_IN, SIGN_OUT)) else PATH


class SignInPages:
    """What is said to those who are not signed in."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._sessions = console.sessions
        self._guesses = console.gateway.guesses
        self._log = structlog.get_logger()

    async def show(self, request: Request) -> Response:
        """The form; or the page that was asked for, where somebody is signed in already."""
        if is_from_elsewhere(request):
            return stepping_stone(request)
        session = await self._sessions.read(request)
        then = own_page(request.query_params.get("next", ""))
        if session and session.signed_in:
            return self._console.redirect(request, then)
        return self._form(request, session, then)

    async def sign_in(self, request: Request) -> Response:
        """Slow wrong tokens alone: the right one is let in whatever was given before, so that
        nobody can lock the operators out.
        """
        session = await self._sessions.read(request)
        address = request.client.host if request.client else "unknown"
        try:
            form = await read_form(request, most=_FORM, fields=_FIELDS)
        except BadForm as error:
            return self._form(request, session, PATH, error.status, str(error))
        then = own_page(form.get("next", ""))
        if session is None or not self._sessions.is_own_form(session, form.get("csrf", "")):
            return self._form(
                request,
                session,
                then,
                403,
                "This form was too old, or your browser sends no cookies. Try again.",
            )
        operator = self._sessions.tokens.find(form.get("token", "").strip())
        wait = self._guesses.wait(address)
        if wait and operator is None:
            self._log.warning("console.sign_in_held_back", address=address, seconds=wait)
            return self._ask_to_wait(request, session, then, wait)
        if operator is None:
            self._log.warning(
                "console.sign_in_refused", address=address, in_a_row=self._guesses.failed(address)
            )
            return self._form(request, session, then, 403, "That is not the token of an operator.")
        self._guesses.succeeded(address)
        self._log.info("console.signed_in", address=address, operator=operator.name)
        opened = await self._sessions.open(operator)
        await self._console.gateway.audit.note(operator.name, "sign in", {})
        response = self._console.redirect(request, then)
        self._sessions.hand_out(request, response, opened)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session, for a copy of its cookie, too."""
        async with self._console.note_act(request):
            await self._sessions.end(request.state.session)
        response = self._console.redirect(request, SIGN_IN, "You are signed out.")
        response.delete_cookie(COOKIE, path=PATH)
        return response

    def _ask_to_wait(
        self, request: Request, session: BrowserSession, then: str, wait: int
    ) -> Response:
        text = (
            f"Too many wrong tokens were given. Try again in {wait} "
            f"second{'' if wait == 1 else 's'}."
        )
        response = self._form(request, session, then, 429, text)
        response.headers["Retry-After"] = str(wait)
        return response

    def _form(
        self,
        request: Request,
        session: BrowserSession | None,
        then: str,
        status: int = 200,
        fault: str | None = None,
    ) -> Response:
        known = session or self._sessions.new_visitor()
        request.state.session = known
        notice = PageNotice(fault, "bad") if fault else None
        response = self._console.page(
            request, "sign_in.html", status=status, notice=notice, then=then
        )
        if not known.signed_in:
            self._sessions.hand_out(request, response, known)
        return response
