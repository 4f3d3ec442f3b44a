"""The page Set-up: what to paste into AOM, and what the gateway was told."""

from __future__ import annotations

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin.configuration.reload import present_configuration
from receiver.admin.operation import NotFound
from receiver.console.page import Console
from receiver.console.pages.explain import form_fields
from receiver.console.session import PATH
from receiver.console.views.configuration import connector_settings, mapped_routes
from receiver.console.views.source_urls import list_urls, mask_token
from receiver.settings.gateway_urls import public_url

SET_UP = f"{PATH}/set-up"


def routes(console: Console) -> list[Route]:
    pages = SetUpPage(console)
    return [
        console.get(SET_UP, pages.show),
        console.post(f"{SET_UP}/urls", pages.urls, role="admin", act="show tokens"),
    ]


class SetUpPage:
    """Shows no token unless somebody asks for those of one source; that is logged."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway
        self._settings = console.gateway.settings

    async def show(self, request: Request) -> Response:
        base = public_url(self._settings)
        return self._console.page(
            request,
            "setup.html",
            urls={
                name: list_urls(base, mask_token(self._tokens(name)[0]))
                for name in self._settings.sources
            },
            sources=self._settings.sources,
            tokens={
                name: [mask_token(token) for token in self._tokens(name)]
                for name in self._settings.sources
            },
            public_url=self._settings.server.public_url,
            connectors={
                name: connector_settings(one, self._settings.secrets())
                for name, one in self._settings.connectors.items()
            },
            mapped=mapped_routes(self._gateway),
            configuration=await present_configuration(self._gateway),
            warnings=[*self._settings.warnings, *self._gateway.routes.warnings],
            **form_fields(self._gateway),
        )

    async def urls(self, request: Request) -> Response:
        """The URLs of a source with its token.

        The answer to a POST: it is in no address, no history and no cache.
        """
        name = request.state.form.get("source", "")
        if name not in self._settings.sources:
            raise NotFound(f"There is no source {name!r}.")
        async with self._console.note_act(request):
            structlog.get_logger().info("console.token_shown", source=name)
        urls = list_urls(public_url(self._settings), self._tokens(name)[0])
        return self._console.page(
            request,
            "urls.html",
            source=name,
            urls=urls,
            public_url=self._settings.server.public_url,
        )

    def _tokens(self, source: str) -> list[str]:
        return [token.get_secret_value() for token in self._settings.sources[source].tokens]
