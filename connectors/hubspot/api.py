"""Calls of HubSpot's API by the official client, with plain dicts and one set of errors."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hubspot import HubSpot
from hubspot.crm.objects.exceptions import ApiException
from urllib3.exceptions import HTTPError, ReadTimeoutError

from connectors.base import Context, RateLimit, TimedOut, Unavailable
from connectors.http import describe_connection_error, read_json, read_retry_after
from connectors.http.secrets import SecretTexts, secret_texts
from connectors.hubspot.error_body import read_error
from connectors.hubspot.errors import HubSpotCallRefused, SetUpMissing, call_error
from connectors.hubspot.paths import ApiPaths
from connectors.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.hubspot.settings import HubSpotSettings

CONNECT_SECONDS = 10.0
RATE = "X-HubSpot-RateLimit-"


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    status: int
    headers: Mapping[str, str]  # names in any case
    body: bytes

    def number(self, header: str) -> int | None:
        value = self.headers.get(header, "")
        return int(value) if value.isdecimal() else None


class HubSpotApi:
    """HubSpot's API, as one account sees it.

    Every call waits for its turn at the rate limit, and tells it what the answer says of that.
    """

    def __init__(self, settings: HubSpotSettings, context: Context, workers: int) -> None:
        self.paths = ApiPaths(settings.api_version)
        # calls left today and the day's allowance, as HubSpot last said
        self.daily_left: tuple[int, int] | None = None
        self._context = context
        self._secrets = SecretTexts(secret_texts(settings))
        # taken before a call is: what is taken goes out at once
        self._lines = asyncio.Semaphore(workers)
        self._threads = Threads(f"{context.name}-hubspot", workers)
        client = HubSpot(
            access_token=settings.access_token.get_secret_value(),
            host=settings.base_url,
            retry=False,  # the gateway repeats, and knows when
            connection_pool_maxsize=workers,
        )
        # Held: each access to `batch_api` makes a new connection pool. Its paths are v3's, so only
        # its `call_api` is used.
        self._client = client.crm.objects.batch_api.api_client

    async def call(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the JSON object of a 2xx answer, or raise a ConnectorError.

        207 is such an answer too; an empty one gives {}.
        """
        async with self._lines:
            await self._context.calls.take()
            answer = await self._send(method, path, body)
        await self._learn(answer)
        data = read_json(answer.body) if answer.body else {}
        if not 200 <= answer.status < 300:  # noqa: PLR2004
            raise call_error(
                read_error(data, answer.status),
                read_retry_after(answer.headers.get("Retry-After"), self._context.now()),
            )
        if not isinstance(data, dict):
            raise Unavailable(f"HubSpot answered {answer.status} with something that is not JSON")
        return data

    async def read(self, path: str) -> dict[str, Any]:
        """GET. No record is to blame for its failure: SetUpMissing, not BatchRefused."""
        try:
            return await self.call("GET", path)
        except HubSpotCallRefused as error:
            raise SetUpMissing(f"HubSpot refuses GET {path}: {error}", error.fault) from error

    async def aclose(self) -> None:
        await self._threads.aclose()
        # `clear` alone leaves open what the client's last response still refers to.
        pools = self._client.rest_client.pool_manager.pools
        for key in pools.keys():  # noqa: SIM118 - it can't be iterated over
            pools[key].close()
        pools.clear()

    async def _send(self, method: str, path: str, body: dict[str, Any] | None) -> ApiAnswer:
        # The client's time-out counts from byte to byte; this one holds for the whole call.
        try:
            async with asyncio.timeout(self._context.timeout):
                answer = await self._threads.run(self._exchange, method, path, body)
        except TimeoutError:
            raise self._timed_out(method, path) from None
        if answer.status < 400:  # noqa: PLR2004
            return answer
        # an error's words are shown, and may repeat the token
        said = self._secrets.cut(answer.body.decode("utf-8", "replace"))
        return replace(answer, body=said.encode())

    def _exchange(self, method: str, path: str, body: dict[str, Any] | None) -> ApiAnswer:
        timeout = self._context.timeout
        try:
            response = self._client.call_api(
                path,
                method,
                header_params={"Accept": "application/json"},
                body=body,
                auth_settings=["oauth2"],
                _preload_content=False,
                _request_timeout=(min(CONNECT_SECONDS, timeout), timeout),
            )
            return ApiAnswer(response.status, response.headers, response.data)
        except ApiException as error:
            return _failed(error)
        except (UnicodeDecodeError, AttributeError) as error:
            # The client decodes the body, also one that is not there, while it raises this.
            if isinstance(error.__context__, ApiException):
                return _failed(error.__context__)
            raise
        except ReadTimeoutError as error:
            raise self._timed_out(method, path) from error
        except (HTTPError, OSError) as error:
            raise _no_answer(method, path, error) from error

    def _timed_out(self, method: str, path: str) -> TimedOut:
        seconds = f"{self._context.timeout:g} s"
        return TimedOut(f"HubSpot did not answer {method} {path} within {seconds}")

    async def _learn(self, answer: ApiAnswer) -> None:
        calls, milliseconds = (
            answer.number(f"{RATE}Max"),
            answer.number(f"{RATE}Interval-Milliseconds"),
        )
        if calls and milliseconds:
            limit = RateLimit(calls=calls, seconds=milliseconds / 1000)
            await self._context.calls.learn(limit, answer.number(f"{RATE}Remaining"))
        day, left = answer.number(f"{RATE}Daily"), answer.number(f"{RATE}Daily-Remaining")
        if day and left is not None:
            self.daily_left = (left, day)


def _no_answer(method: str, path: str, error: Exception) -> Unavailable:
    return Unavailable(
        f"no answer from HubSpot to {method} {path}: {describe_connection_error(error)}"
    )


def _failed(error: ApiException) -> ApiAnswer:
    if not error.status:  # a failure of TLS, after a line with the name of an exception
        raise Unavailable(f"no answer from HubSpot: {describe_connection_error(error)}")
    body = error.body or b""
    return ApiAnswer(
        error.status, error.headers or {}, body.encode() if isinstance(body, str) else body
    )
