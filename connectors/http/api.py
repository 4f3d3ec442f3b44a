"""Calls of an HTTP API: each waits for the rate limit, ends in time, and fails as one of the errors
of `connectors.base`, in words that hold no secret.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from pydantic import SecretStr

from connectors.base import (
    BatchRefused,
    ConnectorError,
    ConnectorSettings,
    Context,
    Link,
    Misconfigured,
    Outcome,
    Record,
    TimedOut,
    Unavailable,
)
from connectors.error_rules import ErrorRule
from connectors.http.answers import ENCODING, HttpAnswer, describe_no_json, read_answer
from connectors.http.connection_errors import describe_connection_error
from connectors.http.failures import (
    HTTP_RULES,
    NOT_JSON,
    ONE_RECORD,
    HttpFailure,
    failure_error,
    failure_outcome,
    read_failure,
)
from connectors.http.json_bodies import Json, write_json
from connectors.http.record_calls import read_each, write_in_parts
from connectors.http.retry_after import read_retry_after
from connectors.http.secrets import SecretTexts, secret_texts

T = TypeVar("T", Record, Link)
R = TypeVar("R")

CONNECT_SECONDS = 10.0
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def bearer(token: SecretStr) -> SecretStr:
    """Make the value of an `Authorization` header for a token."""
    return SecretStr(f"Bearer {token.get_secret_value()}")


class HttpApi:
    """One account's API over HTTP.

    `crm` is how messages name it. `headers` go with every call. `rules` are the CRM's own table of
    errors, which `read_failure` gets its codes from. At most `connections` calls are under way at
    once. All secrets of the settings are cut out of what is raised and logged. A `transport` of
    one's own has to call httpx's `trace` as httpx's does: it tells whether a call was sent.
    """

    def __init__(
        self,
        crm: str,
        settings: ConnectorSettings,
        context: Context,
        *,
        base_url: str,
        headers: Mapping[str, str | SecretStr] | None = None,
        rules: Sequence[ErrorRule] = (),
        read_failure: Callable[[int, Json], HttpFailure] = read_failure,
        connections: int = 8,
        transport: httpx.AsyncBaseTransport | None = None,
        auth: httpx.Auth | None = None,
    ) -> None:
        self.crm = crm
        self.connections = connections
        self._base_url = base_url
        self._context = context
        self._rules = (*rules, *HTTP_RULES)
        self._read_failure = read_failure
        given = headers or {}
        plain_headers = {name: _reveal_value(value) for name, value in given.items()}
        self._secrets = SecretTexts([*secret_texts(settings), *_secret_words(given)])
        self._lines = asyncio.Semaphore(connections)
        self._client = httpx.AsyncClient(
            headers={"Accept-Encoding": ENCODING, **plain_headers},
            timeout=httpx.Timeout(None, connect=min(CONNECT_SECONDS, context.timeout)),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            follow_redirects=False,
            # a proxy of the environment never stands before this machine itself
            trust_env=not _is_loopback(base_url),
            transport=transport,
            auth=auth,
        )
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._log = logging.getLogger("httpx")  # it logs whole addresses
        self._log.addFilter(self._secrets)

    def __repr__(self) -> str:
        return f"<HttpApi {self.crm}>"

    async def call(self, method: str, path: str, *ids: str, **options: Any) -> Json:
        """Make a call and give the JSON of a 2xx answer, None where that is empty.

        Options and errors are those of `request`. Raises Unavailable as well where the answer is
        no JSON.
        """
        answer = await self.request(method, path, *ids, **options)
        if not answer.body:
            return None
        data = answer.json
        if data is None and answer.body.strip() != b"null":
            raise Unavailable(f"{self._place(method, path)}: {describe_no_json(answer)}")
        return data

    async def request(
        self,
        method: str,
        path: str,
        *ids: str,
        json: Json = None,
        content: bytes | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        writes: bool | None = None,
        status_only: bool = False,
    ) -> HttpAnswer:
        """Make a call and give a 2xx answer.

        `path` stands behind `base_url`; `ids` are escaped and follow it, so that no id leads
        elsewhere. `json` or `content` is the body. `writes`: False for a search that is a POST.
        `status_only`: a 2xx is a success whatever becomes of its body, which may then be missing.

        Raises TimedOut where a call that writes was sent and not answered in time, Unavailable
        where there is no usable answer, and for another status what the table of errors says.
        """
        place = self._place(method, path)
        typed = {"Content-Type": "application/json"} if json is not None else {}
        writing = method.upper() not in READING if writes is None else writes
        sending = _Sending()
        try:
            request = self._client.build_request(
                method,
                self._address(path, ids),
                content=write_json(json) if json is not None else content,
                params=params or None,
                headers={**typed, **(headers or {})},
                extensions={"trace": sending.trace},
            )
        except (UnicodeError, httpx.InvalidURL) as error:
            raise self._not_sendable(
                error, place, of_record=bool(ids or params or headers)
            ) from error
        async with self._lines:  # before the gate: what it lets pass goes out at once
            await self._context.calls.take()
            try:
                answer = await self._exchange(request, place, sending, writes=writing)
            except ConnectorError:
                if not (status_only and sending.succeeded):
                    raise
                return HttpAnswer(sending.status, {}, b"", complete=False)
        if not _is_success(answer.status):
            raise self._error(answer, place, writes=writing, one_record=bool(ids))
        if not answer.complete and not status_only:
            raise Unavailable(f"{place}: {describe_no_json(answer)}")
        return answer

    async def write_each(
        self, records: Sequence[T], write: Callable[[T], Awaitable[Outcome]]
    ) -> list[Outcome]:
        """Write records or links one by one, as many at once as there are connections.

        See `write_in_parts` for what becomes of failures.
        """

        async def write_alone(part: Sequence[T]) -> Sequence[Outcome]:
            return [await write(part[0])]

        return await write_in_parts(records, write_alone, size=1, at_once=self.connections)

    async def write_in_parts(
        self,
        records: Sequence[T],
        write: Callable[[Sequence[T]], Awaitable[Sequence[Outcome]]],
        *,
        size: int,
        by: Callable[[T], Hashable] | None = None,
    ) -> list[Outcome]:
        """Write records or links in calls of up to `size`; see the function of this name."""
        return await write_in_parts(records, write, size=size, at_once=self.connections, by=by)

    def record_outcome(self, item: Json) -> Outcome:
        """Say what becomes of a record that failed in a call that went through, by the table.

        Raises what concerns all records; see `read_outcomes`.
        """
        return failure_outcome(self._cut_failure(self._read_failure(0, item)), self._rules)

    async def read_each(self, records: Sequence[T], read: Callable[[T], Awaitable[R]]) -> list[R]:
        """Ask about records one by one, as many at once as there are connections, in order."""
        return await read_each(records, read, at_once=self.connections)

    async def aclose(self) -> None:
        """Close all connections. Repeating it is harmless."""
        self._log.removeFilter(self._secrets)
        await self._client.aclose()

    def _address(self, path: str, ids: Sequence[str]) -> str:
        segments = [part for part in (path.strip("/"), *map(_segment, ids)) if part]
        return "/".join((self._base_url.rstrip("/"), *segments)) if segments else self._base_url

    def _place(self, method: str, path: str) -> str:
        return self._secrets.cut(f"{self.crm}, {method} {path.partition('?')[0]}".rstrip())

    async def _exchange(
        self, request: httpx.Request, place: str, sending: _Sending, *, writes: bool
    ) -> HttpAnswer:
        """Send a request and read the answer, all in `Context.timeout` seconds."""
        seconds = self._context.timeout
        try:
            async with asyncio.timeout(seconds):
                response = await self._client.send(request, stream=True)
                sending.status = response.status_code
                try:
                    return await read_answer(response)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            if not sending.begun:
                connect = min(CONNECT_SECONDS, seconds)
                raise Unavailable(f"{place}: no connection within {connect:g} seconds") from error
            kind = TimedOut if writes else Unavailable
            raise kind(f"{place}: no answer within {seconds:g} seconds") from error
        except httpx.UnsupportedProtocol as error:
            raise Misconfigured(f"{place}: base_url is no address of a web server") from error
        except httpx.LocalProtocolError as error:
            raise Misconfigured(f"{place}: a header cannot be sent: see the credentials") from error
        except (httpx.HTTPError, OSError) as error:
            reason = self._secrets.cut(describe_connection_error(error))
            raise Unavailable(f"{place}: {reason}") from error

    def _not_sendable(self, error: Exception, place: str, *, of_record: bool) -> ConnectorError:
        """What a request is that cannot even be built: a record's fault, or that of the address."""
        said = self._secrets.cut(f"{place}: {error}")
        if of_record and _is_address(self._base_url):
            return BatchRefused("NOT_WRITABLE", f"it cannot be written into a request: {said}")
        return Misconfigured(f"{said}; is base_url right?")

    def _error(
        self, answer: HttpAnswer, place: str, *, writes: bool, one_record: bool
    ) -> ConnectorError:
        data = answer.json
        found = self._read_failure(answer.status, data)
        if data is None and (answer.body.strip() or not answer.complete):
            found = replace(found, codes=(*found.codes, NOT_JSON), message=describe_no_json(answer))
        redirects = answer.status in range(300, 400)
        if redirects and (host := _host(answer.headers.get("Location", ""))):
            found = replace(found, message=f"it redirects to {host}")
        found = self._cut_failure(found)
        failure = replace(found, codes=(*found.codes, *([ONE_RECORD] if one_record else [])))
        wait = read_retry_after(answer.headers.get("Retry-After"), self._context.now())
        return failure_error(failure, self._rules, place, writes=writes, retry_after=wait)

    def _cut_failure(self, found: HttpFailure) -> HttpFailure:
        cut = self._secrets.cut
        field = cut(found.field) if found.field else None
        return HttpFailure(found.status, tuple(map(cut, found.codes)), cut(found.message), field)


@dataclass(slots=True)
class _Sending:
    """How far a request came: once it has begun to go out, the CRM may have it."""

    begun: bool = False
    status: int = 0  # of an answer that has begun

    @property
    def succeeded(self) -> bool:
        return _is_success(self.status)

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        self.begun |= event.endswith("send_request_headers.started")


def _reveal_value(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _secret_words(headers: Mapping[str, str | SecretStr]) -> Iterator[str]:
    """Give what headers hold that is secret, with and without the scheme before it."""
    for value in headers.values():
        if isinstance(value, SecretStr):
            yield _reveal_value(value)
            yield _reveal_value(value).rpartition(" ")[2]


def _segment(id_: str) -> str:
    escaped = quote(id_, safe="")
    return escaped.replace(".", "%2E") if escaped in {".", ".."} else escaped


def _is_address(text: str) -> bool:
    try:
        return bool(httpx.URL(text).host)
    except (httpx.InvalidURL, UnicodeError):
        return False


def _is_success(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:  # [ without ]
        return ""


def _is_loopback(address: str) -> bool:
    host = _host(address)
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
