"""What every page of the console has in common: who may see it, how it is rendered, what else it
must not do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from itsdangerous import BadData
from jinja2 import Environment
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from receiver.admin.operation import NotFound, UnfitParameter
from receiver.console.form import MOST, BadForm, read_form
from receiver.console.session import PATH, SessionStore, set_cookie
from receiver.console.templating import static
from receiver.gateway import Gateway
from receiver.gateway.audit_trail import AuditedAct, describe_request
from receiver.http.operators import forbidden_text
from receiver.inbox import StoreUnavailable, Unknown
from receiver.settings import Role

Handler = Callable[[Request], Awaitable[Response]]

SIGN_IN = f"{PATH}/sign-in"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_NOTICE, _NOTICE_LIFETIME = "aom_gateway_notice", timedelta(minutes=1)

_STONE = Markup(
    '<!doctype html><html lang="en"><title>AOM gateway</title><link rel="icon" href="{icon}">'
    '<meta http-equiv="refresh" content="0; url={to}"><p><a href="{to}">Go on</a></p></html>'
)


@dataclass(frozen=True, slots=True)
class PageNotice:
    """What became of an action; shown once. `kind` is good, warn or bad."""

    text: str
    kind: str = "good"


class Console:
    """What all pages of the console are made with.

    Handlers raise NotFound, Unknown and UnfitParameter; the pages for these are made here.
    """

    def __init__(self, gateway: Gateway, sessions: SessionStore, templates: Environment) -> None:
        self.gateway = gateway
        self.sessions = sessions
        self._templates = templates
        self._log = structlog.get_logger()

    def get(self, path: str, handler: Handler, *, role: Role = "viewer") -> Route:
        """A page that only those see who are signed in, and whose role is this or a higher one."""
        return Route(path, self._signed_in(handler, role), methods=["GET"])

    def post(
        self,
        path: str,
        handler: Handler,
        *,
        role: Role = "operator",
        act: str = "",
        most: int = MOST,
    ) -> Route:
        """An action of those who are signed in, from our own forms alone, of up to `most` bytes.

        The handler finds the form in `request.state.form`. `act` is its name in the audit, by
        default the last step of the path; what a handler does within `note_act` is noted there.
        """

        async def with_form(request: Request) -> Response:
            request.state.form = await read_form(request, most=most)
            if not self.sessions.is_own_form(
                request.state.session, request.state.form.get("csrf", "")
            ):
                return self.problem(
                    request,
                    403,
                    "This form is not from your session. Nothing was done; go back and try again.",
                )
            return await handler(request)

        name = act or path.rpartition("/")[2]
        return Route(path, self._signed_in(with_form, role, name), methods=["POST"])

    def anybody(self, path: str, handler: Handler, method: str) -> Route:
        """For those who are not signed in, too."""

        async def endpoint(request: Request) -> Response:
            try:
                return await handler(request)
            except StoreUnavailable as error:
                return self.store_problem(request, error)

        return Route(path, endpoint, methods=[method])

    def any(self, path: str, handler: Handler) -> Route:
        """For those who are signed in, whatever the method."""
        return Route(path, self._signed_in(handler, "viewer"), methods=_METHODS)

    def note_act(self, request: Request) -> AbstractAsyncContextManager[AuditedAct]:
        """What is done in the block is noted in the audit, as what the form asks for."""
        form = request.state.form
        given = {name: form.getlist(name) for name in form}
        return self.gateway.audit.act(
            request.state.session.operator.name,
            request.state.act,
            describe_request(request.path_params, given),
        )

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        notice: PageNotice | None = None,
        **context: Any,
    ) -> Response:
        """Render a template as a page.

        It may use `csrf_token` (by the macro `csrf`), `request`, `now`, `notice`, `operator` (who
        is signed in, or none), `may("operator")` (whether their role is that or a higher one) and
        what is given here.
        """
        session = request.state.session
        context |= {
            "request": request,
            "operator": session.operator,
            "may": session.operator.may if session.operator else lambda _role: False,
            "csrf_token": self.sessions.form_token(session),
            "now": self.gateway.now(),
            "notice": notice or self._find_notice(request),
        }
        response = HTMLResponse(
            self._templates.get_template(template).render(context), status, HEADERS
        )
        if _NOTICE in request.cookies and not is_refresh(request):
            response.delete_cookie(_NOTICE, path=PATH)
        return response

    async def large_page(self, request: Request, template: str, **context: Any) -> Response:
        """`page` for what may take long to render: the event loop goes on meanwhile."""
        return await asyncio.to_thread(self.page, request, template, **context)

    def problem(self, request: Request, status: int, text: str) -> Response:
        """A page that says what is wrong."""
        return self.page(
            request, "problem.html", status=status, text=text, heading=HTTPStatus(status).phrase
        )

    def redirect(
        self, request: Request, to: str, notice: PageNotice | str | None = None
    ) -> Response:
        """Go and get another page after an action; it shows the notice once."""
        response = RedirectResponse(to, 303, HEADERS)
        if notice:
            shown = PageNotice(notice) if isinstance(notice, str) else notice
            value = self.sessions.notices.dumps([shown.text[:500], shown.kind])
            set_cookie(
                response,
                _NOTICE,
                str(value),
                _NOTICE_LIFETIME,
                secure=self.sessions.secure(request),
            )
        return response

    def _find_notice(self, request: Request) -> PageNotice | None:
        if is_refresh(request):
            return None
        try:
            return PageNotice(*self.sessions.notices.loads(request.cookies.get(_NOTICE, "")))
        except (BadData, TypeError):
            return None

    def _signed_in(self, handler: Handler, role: Role, act: str = "") -> Handler:
        async def endpoint(request: Request) -> Response:
            if is_from_elsewhere(request):
                return stepping_stone(request)
            try:
                session = await self.sessions.read(request)
            except StoreUnavailable as error:
                return self.store_problem(request, error)
            if session is None or session.operator is None:
                return self._to_sign_in(request)
            request.state.session, request.state.act = session, act
            if not session.operator.may(role):
                return await self._answered(request, partial(self._forbid, role=role))
            return await self._answered(request, handler)

        return endpoint

    async def _forbid(self, request: Request, role: Role) -> Response:
        """Noted in the audit where something was to be done."""
        operator, act = request.state.session.operator, request.state.act
        if act:
            about = describe_request(request.path_params)
            await self.gateway.audit.note(operator.name, act, about, "refused")
        text = forbidden_text(operator, act or "see this page", role)
        return self.problem(request, 403, f"{text} Nothing was done.")

    def store_problem(self, request: Request, error: StoreUnavailable) -> Response:
        """Where even the sessions cannot be read."""
        request.state.session = self.sessions.new_visitor()
        return self.problem(request, 503, f"The store does not answer: {error}")

    async def _answered(self, request: Request, handler: Handler) -> Response:
        try:
            return await handler(request)
        except BadForm as error:
            return self.problem(request, error.status, str(error))
        except (NotFound, Unknown) as error:
            return self.problem(request, 404, str(error))
        except UnfitParameter as error:
            return self.problem(request, 422, str(error))
        except StoreUnavailable as error:
            return self.problem(request, 503, f"The store does not answer: {error}")
        except Exception:  # noqa: BLE001 - people get a page, the log gets the rest
            self._log.exception("console.failed", path=request.url.path)
            return self.problem(request, 500, "The gateway failed. Its log says where.")

    def _to_sign_in(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return self.redirect(
                request,
                SIGN_IN,
                PageNotice("You were not signed in any more. Nothing was done.", "warn"),
            )
        return self.redirect(request, f"{SIGN_IN}?{urlencode({'next': address_of(request)})}")


def address_of(request: Request) -> str:
    """Path and query of a request."""
    path, query = quote(request.url.path, safe="/@:%"), request.url.query
    return f"{path}?{query}" if query else path


def is_refresh(request: Request) -> bool:
    """Asked for by a script of ours, not by somebody who goes to the page."""
    return request.headers.get("sec-fetch-dest") == "empty"


def is_from_elsewhere(request: Request) -> bool:
    """Somebody follows a link that stands on another site, an alarm for instance: the browser keeps
    the cookie back.
    """
    return (
        request.method in {"GET", "HEAD"} and request.headers.get("sec-fetch-site") == "cross-site"
    )


def stepping_stone(request: Request) -> Response:
    """A page of ours that goes on to the same address: from here the browser sends the cookie."""
    return HTMLResponse(
        _STONE.format(icon=static("icon.svg"), to=address_of(request)), 200, HEADERS
    )
