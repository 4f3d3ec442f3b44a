"""The Starlette application: which address leads where.

The gateway behind it is opened and closed by `receiver.server.http_server`.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from receiver.admin import admin_routes
from receiver.aom import EVENTS, json_schema
from receiver.console import console_routes, problem_routes
from receiver.gateway import Gateway
from receiver.http.problem_details import defect_response, problem_response
from receiver.inbox import StoreUnavailable
from receiver.server.endpoints import EventReception, HeaderEndpoint, PathEndpoint
from receiver.server.health import metrics_response, readiness_response
from receiver.settings import describe_config


def create_app(gateway: Gateway) -> ASGIApp:
    """The application for an open gateway.

    What AOM calls goes straight to its endpoint: routing and middleware would double its way.
    """
    reception = EventReception(
        gateway.settings, gateway.intake, gateway.metrics, gateway.now, gateway.lasting.token_uses
    )
    others, hot = _others(gateway, reception), PathEndpoint(reception)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PathEndpoint.PREFIX):
            await hot(scope, receive, send)
        else:
            await others(scope, receive, send)

    return application


def _others(gateway: Gateway, reception: EventReception) -> Starlette:
    application = Starlette(
        routes=[
            *public_routes(gateway, reception),
            *admin_routes(gateway),
            *console_routes(gateway),
        ],
        exception_handlers={
            HTTPException: _http_error,
            StoreUnavailable: _store_unavailable,
            500: _defect,
        },
    )
    # behind a proxy it would redirect to an address that only the gateway knows
    application.router.redirect_slashes = False
    return application


def public_routes(gateway: Gateway, reception: EventReception) -> list[Route]:
    """What needs no operator's token, each with its purpose as its name."""
    by_header = HeaderEndpoint(reception)

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        return await readiness_response(gateway)

    async def metrics(_request: Request) -> Response:
        return await metrics_response(gateway)

    return [
        Route("/events", by_header, name="Hand in an event that its content tells"),
        Route("/events/{event:path}", by_header, name="Hand in an event of this name"),
        Route("/", _to_console, name="Leads to the console"),
        Route("/healthz", healthz, name="Whether the process is alive"),
        Route("/readyz", readyz, name="Whether events can be kept, and how the connectors are"),
        Route("/metrics", metrics, name="What Prometheus scrapes"),
        Route("/schemas/config.json", _config_schema, name="The JSON Schema of the configuration"),
        Route("/schemas/{event}.json", _schema, name="The JSON Schema of what AOM sends"),
        *problem_routes(),
    ]


async def _to_console(_request: Request) -> Response:
    return RedirectResponse("/console", 303)


async def _schema(request: Request) -> Response:
    name = request.path_params["event"]
    if name not in EVENTS:
        return problem_response(404, f"There is no event {name!r}. Known are: {', '.join(EVENTS)}.")
    return JSONResponse(json_schema(name), media_type="application/schema+json")


async def _config_schema(_request: Request) -> Response:
    return JSONResponse(describe_config(), media_type="application/schema+json")


async def _http_error(_request: Request, error: Exception) -> Response:
    status, detail, headers = (
        (error.status_code, error.detail, error.headers)
        if isinstance(error, HTTPException)
        else (500, str(error), None)
    )
    return problem_response(status, detail, headers=headers)


async def _store_unavailable(_request: Request, error: Exception) -> Response:
    return problem_response(503, str(error), headers={"Retry-After": "10"})


async def _defect(_request: Request, _error: Exception) -> Response:
    return defect_response()
