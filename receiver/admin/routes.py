"""The routes of the admin API: its operations, for the operators, and their description."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from receiver.admin.openapi import describe_operations
from receiver.admin.operation_list import list_operations
from receiver.gateway import Gateway
from receiver.http.authentication import OperatorAuthentication
from receiver.http.authentication_log import AuthenticationLog
from receiver.http.operators import OperatorTokens


def admin_routes(gateway: Gateway) -> list[Route]:
    """The operations for the operators, if there are any; and the description, which holds no
    secret.
    """
    listed = list_operations(gateway)

    @cache
    def describe() -> dict[str, Any]:
        return describe_operations(listed)

    async def openapi(_request: Request) -> Response:
        # made when it is asked for: it takes long enough to be felt when a gateway starts
        return JSONResponse(await asyncio.to_thread(describe))

    if not gateway.settings.has_operators:
        return [Route("/openapi.json", openapi)]
    operators = OperatorAuthentication(
        OperatorTokens(gateway.settings),
        gateway.guesses,
        AuthenticationLog(gateway.metrics, gateway.now),
    )
    routes = [operation.route(operators, gateway.audit) for operation in listed]
    return [Route("/openapi.json", openapi), *routes]
