"""Asks the admin API: of the gateway that runs, or where none does and the store is a SQLite file,
of one opened over it for the moment. Whoever wants the running one alone uses `ask_running`.

A running gateway is asked as the operator whose token is in the environment, else as `admin`; what
is done without one is noted in the audit as done at the command line.

Who owns the file's lock decides: two processes that write to it could damage it.
"""

from __future__ import annotations

import getpass
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import httpx
from httpx import codes
from pydantic import SecretStr

from receiver.cli.command_failure import FOUND, WRONG_USE, fail_command
from receiver.gateway import Gateway, open_store
from receiver.inbox import StoreLocked, StoreUnavailable
from receiver.server.app import create_app
from receiver.settings import Operator, Server, Settings
from receiver.settings.gateway_urls import local_url, server_url
from receiver.telemetry import set_up_logs

TOKEN_VARIABLE = "AOM_GATEWAY_OPERATOR_TOKEN"  # noqa: S105 - the name of a variable
NO_TOKEN = (
    "There is no token for the running gateway: server.admin_token is not set, and "
    f"{TOKEN_VARIABLE} holds none of an operator."
)
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
        except UnicodeEncodeError as error:
            _refuse_bytes(error)
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
        return decode_answer(response)


def decode_answer(response: httpx.Response, code: int = FOUND) -> Any:
    """What the gateway answers; ends the command where somebody else does."""
    try:
        return response.json()
    except ValueError:
        fail_command(f"{response.url} answers, but no JSON. Is this the gateway?", code=code)


_SERVE = "Start it with `aom-gateway serve`."


def in_path(text: str) -> str:
    """One step of a path, whatever it holds; ends the command where it is no text."""
    try:
        return quote(text, safe="@")
    except UnicodeEncodeError as error:
        _refuse_bytes(error)


def _refuse_bytes(error: UnicodeEncodeError) -> NoReturn:
    """An argument in another encoding: to guess could erase somebody else."""
    given = error.object[max(0, error.start - 20) : error.end]
    fail_command(f"{given!r}: these bytes are no text; write what you give in UTF-8.")


@asynccontextmanager
async def open_admin(settings: Settings) -> AsyncIterator[AdminClient]:
    """Ends the command with a message where there is nobody to ask."""
    async with AsyncExitStack() as stack:
        own = SecretStr(secrets.token_urlsafe(24))
        gateway = await _unattended(stack, settings, own)
        running = gateway is None
        token = find_token(settings.server) if gateway is None else own
        if token is None:
            fail_command(NO_TOKEN)
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(create_app(gateway)) if gateway else None,
                base_url=local_url(settings),
                **_options(token, _PATIENT),
            )
        )
        yield AdminClient(http, running)


def ask_running(
    server: Server, method: str, path: str, *, timeout: httpx.Timeout = _PATIENT
) -> httpx.Response | None:
    """What the running gateway answers, whatever it is; None where none answers there, or no token
    for it is known.
    """
    token = find_token(server)
    if token is None or server.port == 0:
        return None
    try:
        return httpx.request(method, f"{server_url(server)}{path}", **_options(token, timeout))
    except httpx.TransportError:
        return None


def find_token(server: Server) -> SecretStr | None:
    """The token by which commands act: an operator's own, else the admin token."""
    own = os.environ.get(TOKEN_VARIABLE, "").strip()
    return SecretStr(own) if own else server.admin_token


def _options(token: SecretStr, timeout: httpx.Timeout) -> dict[str, Any]:
    return {
        "headers": {"Authorization": f"Bearer {token.get_secret_value()}"},
        "timeout": timeout,
        "trust_env": False,  # a proxy of the environment knows no gateway of this machine
    }


async def _unattended(
    stack: AsyncExitStack, settings: Settings, token: SecretStr
) -> Gateway | None:
    """A gateway over the store of which nobody else is the owner, for whoever has the token; None
    where somebody may be.
    """
    if not settings.store.url.startswith("sqlite"):
        return None
    _require_file(settings)
    set_up_logs("warning", settings.log.format, secrets=settings.secrets())
    try:
        return await stack.enter_async_context(open_store(_with_operator(settings, token)))
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


def _with_operator(settings: Settings, token: SecretStr) -> Settings:
    """Nobody but this process can call, as an operator that is named after the system's user."""
    server = settings.server.model_copy(update={"admin_token": None})
    operators = {command_line_operator(): Operator(token=token, role="admin")}
    return settings.model_copy(update={"server": server, "operators": operators})


def command_line_operator() -> str:
    """Whom the audit names for what is done without a gateway: the system's user, by their number
    where they have no name.
    """
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have none
        user = str(os.getuid())
    return f"command line ({user})"


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
