"""Asks the admin API: of the gateway that runs, or where none does and the store is a SQLite file,
of one opened over it for the moment. Whoever wants the running one alone uses `ask_running`.

Who owns the file's lock decides: two processes that write to it could damage it.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from httpx import codes
from pydantic import SecretStr

from receiver.cli.app import FOUND, WRONG_USE, fail_command
from receiver.gateway import Gateway, open_store
from receiver.inbox import StoreLocked, StoreUnavailable
from receiver.server.app import create_app
from receiver.settings import Server, Settings
from receiver.settings.gateway_urls import local_url, server_url
from receiver.telemetry import set_up_logs

_PATIENT = httpx.Timeout(30, read=None)  # a replay or an erasure takes as long as it takes


@dataclass(frozen=True, slots=True)
class AdminClient:
    """`running`: there is a gateway that receives and delivers.

    What it refuses, and its silence, end the command.
    """

    http: httpx.AsyncClient
    running: bool

    async def get(self, path: str, **query: object) -> Any:
        """Queries that are None are left out."""
        return await self.ask(
            "GET", path, params={name: value for name, value in query.items() if value is not None}
        )

    async def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        return await self.ask("POST", path, json=dict(body or {}))

    async def delete(self, path: str) -> Any:
        return await self.ask("DELETE", path)

    async def ask(self, method: str, path: str, **request: Any) -> Any:
        try:
            response = await self.http.request(method, path, **request)
        except httpx.TransportError as error:
            fail_command(
                f"No gateway answers at {self.http.base_url}: "
                f"{error or type(error).__name__}. {_SERVE}",
                code=FOUND,
            )
        if response.is_error:
            code = WRONG_USE if response.status_code == codes.UNPROCESSABLE_ENTITY else FOUND
            fail_command(
                f"The gateway answers {response.status_code}: {refusal_detail(response)}", code=code
            )
        return read_answer(response)


def read_answer(response: httpx.Response, code: int = FOUND) -> Any:
    """What the gateway answers; ends the command where somebody else does."""
    try:
        return response.json()
    except ValueError:
        fail_command(f"{response.url} answers, but no JSON. Is this the gateway?", code=code)


_SERVE = "Start it with `aom-gateway serve`."


def in_path(text: str) -> str:
    """One step of a path, whatever it holds."""
    return quote(text, safe="@")


@asynccontextmanager
async def open_admin(settings: Settings) -> AsyncIterator[AdminClient]:
    """Ends the command with a message where there is nobody to ask."""
    async with AsyncExitStack() as stack:
        gateway = await _unattended(stack, settings)
        running = gateway is None
        serving = settings if gateway is None else gateway.settings
        if serving.server.admin_token is None:
            fail_command(
                "server.admin_token is not set, so the running gateway's admin API is off."
            )
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(create_app(gateway)) if gateway else None,
                base_url=local_url(settings),
                **_options(serving.server.admin_token, _PATIENT),
            )
        )
        yield AdminClient(http, running)


def ask_running(
    server: Server, method: str, path: str, *, timeout: httpx.Timeout = _PATIENT
) -> httpx.Response | None:
    """What the running gateway answers, whatever it is; None where none answers there, or its
    admin API is off.
    """
    if server.admin_token is None or server.port == 0:
        return None
    try:
        return httpx.request(
            method, f"{server_url(server)}{path}", **_options(server.admin_token, timeout)
        )
    except httpx.TransportError:
        return None


def _options(token: SecretStr, timeout: httpx.Timeout) -> dict[str, Any]:
    return {
        "headers": {"Authorization": f"Bearer {token.get_secret_value()}"},
        "timeout": timeout,
        "trust_env": False,  # a proxy of the environment knows no gateway of this machine
    }


async def _unattended(stack: AsyncExitStack, settings: Settings) -> Gateway | None:
    """A gateway over the store of which nobody else is the owner; None where somebody may be."""
    if not settings.store.url.startswith("sqlite"):
        return None
    _require_file(settings)
    set_up_logs("warning", settings.log.format, secrets=settings.secrets())
    try:
        return await stack.enter_async_context(open_store(_with_a_token(settings)))
    except StoreLocked:
        return None
    except StoreUnavailable as error:
        fail_command(f"store.url: {error}", code=FOUND)


def _require_file(settings: Settings) -> None:
    """To ask is no reason to make a store."""
    file = Path(settings.store.url.partition(":///")[2].partition("?")[0])
    if not file.exists():
        fail_command(
            f"There is no store at {file} yet, so nothing was ever received. {_SERVE}", code=FOUND
        )


def _with_a_token(settings: Settings) -> Settings:
    """Nobody but this process can call, but without a token there is no admin API."""
    server = settings.server.model_copy(
        update={"admin_token": SecretStr(secrets.token_urlsafe(24))}
    )
    return settings.model_copy(update={"server": server})


def refusal_detail(response: httpx.Response) -> str:
    """Why a gateway has refused, in its words."""
    try:
        answer = response.json()
        errors = "; ".join(
            f"{error['path']}: {error['message']}" for error in answer.get("errors", ())
        )
        return f"{answer['detail']} {errors}".strip()
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{response.reason_phrase}. Is this the gateway?"
