"""What every page of the console has in common: who may see it, how it is rendered, what else it
must not do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
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
from receiver.inbox import StoreUnavailable, Unknown

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

    def get(self, path: str, handler: Handler) -> Route:
        """A page that only those see who are signed in."""
        return Route(path, self._signed_in(handler), methods=["GET"])

    def post(self, path: str, handler: Handler, *, most: int = MOST) -> Route:
        """An action of those who are signed in, from our own forms alone, of up to `most` bytes.

        The handler finds the form in `request.state.form`.
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

        return Route(path, self._signed_in(with_form), methods=["POST"])

    def any(self, path: str, handler: Handler) -> Route:
        """For those who are signed in, whatever the method."""
        return Route(path, self._signed_in(handler), methods=_METHODS)

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

        It may use `csrf_token` (by the macro `csrf`), `request`, `now`, `notice` and what is given
        here.
        """
        session = request.state.session
        context |= {
            "request": request,
            "signed_in": session.signed_in,
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

    def _signed_in(self, handler: Handler) -> Handler:
        async def endpoint(request: Request) -> Response:
            if is_from_elsewhere(request):
                return stepping_stone(request)
            session = self.sessions.read(request)
            if session is None or not session.signed_in:
                return self._to_sign_in(request)
            request.state.session = session
            return await self._answered(request, handler)

        return endpoint

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
