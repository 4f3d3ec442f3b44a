"""The calls of Salesforce's REST API that the connector makes, over simple-salesforce: one sign-in
at a time, every fault typed.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

import requests

from connectors.base import AuthFailed, TimedOut, Unavailable
from connectors.http import describe_connection_error, read_json
from connectors.http.secrets import SecretTexts, secret_texts
from connectors.salesforce.allowance import HEADER, DailyAllowance
from connectors.salesforce.errors import answer_error, call_error, failure_of, part_failure
from connectors.salesforce.signin import sign_in, with_token
from connectors.salesforce.transport import ForeignAnswer, open_session
from connectors.threads import Threads
from connectors.ttl_cache import TtlCache

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from simple_salesforce.api import Salesforce

    from connectors.base import Context
    from connectors.salesforce.errors import SalesforceFailure
    from connectors.salesforce.settings import SalesforceSettings

T = TypeVar("T")
Json = Any
Row = dict[str, Any]

WORKERS = 8
MAX_HEAVY_PARTS = 5  # queries and collections in one composite call
READING_SECONDS = 30.0  # what only reads is quick, however slow the org's automation is
API_ENABLED = (
    "see that the run-as user has the permission API Enabled, and Setup → Session Settings"
)
SIGN_IN = "sign-in"
UNTIL_LOST = timedelta.max  # a session serves until Salesforce no longer takes it
TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path


class SalesforceApi:
    """One org, as one user sees it. All methods raise ConnectorErrors alone."""

    def __init__(
        self, settings: SalesforceSettings, context: Context, token: str | None = None
    ) -> None:
        """With `token` it uses that and signs in nowhere."""
        self.run_as: str | None = None  # the id of the user who signed in
        self.org: str | None = None  # the id of the org that was signed in to
        self._context = context
        self._allowance = DailyAllowance(settings.daily_share)
        self._threads = Threads(f"salesforce {context.name}", WORKERS)
        self._reading_seconds = min(context.timeout, READING_SECONDS)
        secrets = SecretTexts(secret_texts(settings))
        self._session = open_session(
            settings.base_url, self._reading_seconds, WORKERS, self._seen, secrets, context.now
        )
        self._signs_in = token is None
        self._open: Callable[[], Salesforce] = (
            (lambda: sign_in(settings, context.directory, self._session))
            if token is None
            else (lambda: with_token(settings, token, self._session))
        )
        self._client: TtlCache[Salesforce] = TtlCache(self._sign_in, context.now, UNTIL_LOST)
        self._headers = {"X-PrettyPrint": "0"}
        self._write_headers = (
            {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
            if settings.duplicate_alerts == "allow"
            else {}
        )

    async def call(
        self, method: str, path: str, body: Json = None, *, writes: bool = False
    ) -> Json:
        """Make one call; `path` stands behind /services/data/vXX.X/.

        A session that was lost is renewed once.
        """
        try:
            return await self._answer(method, path, body, writes=writes)
        except ForeignAnswer as answer:
            raise answer_error(answer, _place(method, path), writes=writes) from answer

    async def create(self, path: str, body: Json) -> SalesforceFailure | None:
        """Make one record, or tell why it is refused."""
        try:
            await self._answer("POST", path, body, writes=False)
        except ForeignAnswer as answer:
            if answer.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN):
                raise answer_error(answer, _place("POST", path)) from answer
            return failure_of(answer)
        return None

    async def composite(
        self, parts: Sequence[tuple[str, str, Json]], *, writes: bool = False
    ) -> list[Json]:
        """Make up to five heavy calls (method, path, body) as one.

        Raises what stands in the way of any of them.
        """
        if len(parts) == 1:
            method, path, body = parts[0]
            return [await self.call(method, path, body, writes=writes)]
        client = await self._signed_in()
        root = urlsplit(client.base_url).path
        requests_ = [
            {"method": method, "url": root + path, "referenceId": f"part{number}"}
            | ({"body": body} if body is not None else {})
            | ({"httpHeaders": self._write_headers} if writes and self._write_headers else {})
            for number, (method, path, body) in enumerate(parts)
        ]
        body = {"allOrNone": False, "collateSubrequests": False, "compositeRequest": requests_}
        answer = await self.call("POST", "composite", body, writes=writes)
        return _bodies(answer, [path for _, path, _ in parts])

    async def query(self, *queries: str) -> list[Row]:
        """Run SOQL queries, up to five in one call, and give the rows of all."""
        rows: list[Row] = []
        for start in range(0, len(queries), MAX_HEAVY_PARTS):
            group = queries[start : start + MAX_HEAVY_PARTS]
            for page in await self.composite(
                [("GET", f"query?q={quote(text, safe='')}", None) for text in group]
            ):
                rows += await self._rows(page)
        return rows

    async def tooling(self, query: str) -> list[Row]:
        return await self._rows(await self.call("GET", f"tooling/query?q={quote(query, safe='')}"))

    async def versions(self) -> list[str]:
        """List the API versions that the org speaks, oldest first."""
        client = await self._signed_in()
        await self._context.calls.take()
        url = f"https://{client.sf_instance}/services/data"
        try:
            answer = await self._in_time("versions", lambda: client.session.get(url).json())
            return [str(each["version"]) for each in answer]
        except ForeignAnswer as answered:
            raise answer_error(answered, "versions") from answered
        except (KeyError, TypeError) as error:
            raise Unavailable("versions: the answer lists none") from error

    async def sign_in(self) -> None:
        """Sign in, to see that the credentials are taken."""
        await self._signed_in()

    async def aclose(self) -> None:
        await self._client.aclose()
        await self._threads.aclose()
        self._session.close()

    async def _rows(self, page: Json) -> list[Row]:
        rows: list[Row] = []
        while True:
            try:
                rows += page["records"]
                more = None if page["done"] else str(page["nextRecordsUrl"])
            except (KeyError, TypeError) as error:
                raise Unavailable("query: the answer holds no rows") from error
            if more is None:
                return rows
            page = await self.call("GET", more.partition("/services/data/")[2].partition("/")[2])

    async def _answer(self, method: str, path: str, body: Json, *, writes: bool) -> Json:
        """Call, and once more if the session was lost.

        Raises ForeignAnswer for all other answers that are no success.
        """
        self._allowance.check(self._context.now())
        headers = self._headers | (self._write_headers if writes else {})
        client = await self._signed_in()
        try:
            return await self._send(client, method, path, body, headers, writes=writes)
        except ForeignAnswer as answer:
            if answer.status != HTTPStatus.UNAUTHORIZED:
                raise
        client = await self._signed_in(stale=client)
        try:
            return await self._send(client, method, path, body, headers, writes=writes)
        except ForeignAnswer as answer:
            if answer.status != HTTPStatus.UNAUTHORIZED:
                raise
            raise AuthFailed(
                f"Salesforce refuses a session that it has just opened ({answer.text[:200]}) "
                f"→ {API_ENABLED}"
            ) from answer

    async def _send(
        self,
        client: Salesforce,
        method: str,
        path: str,
        body: Json,
        headers: Mapping[str, str],
        *,
        writes: bool,
    ) -> Json:
        await self._context.calls.take()
        seconds = self._context.timeout if writes else self._reading_seconds
        send = partial(
            client.restful,
            path,
            method=method,
            json=body,
            headers=dict(headers),
            timeout=(
                self._reading_seconds,
                seconds,
            ),  # to connect, and between two pieces of the answer
        )
        try:
            return await self._in_time(_place(method, path), send, seconds)
        except NoAnswerInTime as late:
            raise (TimedOut if writes and late.sent else Unavailable)(str(late)) from late

    async def _in_time(self, place: str, send: Callable[[], T], seconds: float | None = None) -> T:
        """Make a call on a thread, for at most so many seconds, and say in words what became of the
        connection.
        """
        seconds = seconds or self._reading_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._threads.run(send)
        except (TimeoutError, requests.Timeout) as error:
            raise NoAnswerInTime(
                place, seconds, sent=not isinstance(error, requests.ConnectTimeout)
            ) from error
        except ValueError as error:
            # first, since requests' own JSONDecodeError is a RequestException too
            raise Unavailable(f"{place}: the answer is broken JSON") from error
        except (requests.RequestException, OSError) as error:
            raise Unavailable(f"{place}: {describe_connection_error(error)}") from error

    async def _signed_in(self, stale: Salesforce | None = None) -> Salesforce:
        """Give the client, a new one if it is `stale`. At most one sign-in is under way."""
        if stale is not None:
            self._client.forget(SIGN_IN, stale)
        return await self._client.get(SIGN_IN)

    async def _sign_in(self, place: str) -> Salesforce:
        if self._signs_in:
            await self._context.calls.take()
        return await self._in_time(place, self._open)

    def _seen(self, response: requests.Response) -> None:
        """Take from an answer what simple-salesforce drops."""
        self._allowance.note(response.headers.get(HEADER), self._context.now())
        if response.ok and urlsplit(response.url).path.endswith(TOKEN_PATH):
            answer = read_json(response.content)
            identity = str(answer.get("id", "")) if isinstance(answer, dict) else ""
            rest, _, user = identity.rpartition("/")
            self.run_as, self.org = user or None, rest.rpartition("/")[2] or None


class NoAnswerInTime(Unavailable):
    """A call was given up; `sent` is False where not even a connection came about."""

    def __init__(self, place: str, seconds: float, *, sent: bool) -> None:
        super().__init__(
            f"{place}: no {'answer' if sent else 'connection'} within {seconds:g} seconds"
        )
        self.sent = sent


def _bodies(answer: Json, paths: Sequence[str]) -> list[Json]:
    try:
        parts = [
            (int(part["httpStatusCode"]), part["body"]) for part in answer["compositeResponse"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable("composite: the answer holds no parts") from error
    if len(parts) != len(paths):
        raise Unavailable(f"composite: {len(parts)} answers for {len(paths)} calls")
    for path, (status, body) in zip(paths, parts, strict=True):
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise call_error(part_failure(status, body), path.partition("?")[0])
    return [body for _, body in parts]


def _place(method: str, path: str) -> str:
    return f"{method} {path.partition('?')[0]}"
