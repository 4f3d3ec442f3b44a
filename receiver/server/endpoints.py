"""The two ways in: an address that holds the token, and a header."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from receiver.http.answers import Answer
from receiver.http.authentication import (
    KnownToken,
    SourceTokens,
    from_header,
    unauthorised_response,
    unknown_address,
)
from receiver.http.problem_details import defect_response, problem_response
from receiver.http.request_body import CutOff, NotGzip, TooLarge, gunzip_body, is_gzip, read_body
from receiver.http.source_limits import SourceLimits
from receiver.ingest.intake import LARGE, Intake, IntakeCall
from receiver.jobs.token_use_log import TokenUseLog
from receiver.server.event_address import name_from_address, strip_copied
from receiver.settings import Settings
from receiver.telemetry import GatewayMetrics

GREETING = (
    "This address is ready to receive webhooks of Academy of Mine. Paste it into AOM as it is.\n"
)


_KEPT = (200, 202, 422)  # how a call is answered whose event is in the store


class EventReception:
    """What becomes of a request once its source is known."""

    def __init__(
        self,
        settings: Settings,
        intake: Intake,
        metrics: GatewayMetrics,
        now: Callable[[], datetime],
        uses: TokenUseLog,
    ) -> None:
        self.tokens = SourceTokens(settings.sources, uses.name_token)
        self.now = now
        self._limits = SourceLimits(settings.sources)
        self._max_body_bytes = settings.server.max_body_bytes
        self._intake = intake
        self._metrics = metrics
        self._uses = uses

    async def answer(
        self,
        scope: Scope,
        receive: Receive,
        token: KnownToken,
        named: str | None,
        occurred_at: datetime | None = None,
    ) -> Answer:
        if scope["method"] != "POST":
            return _greeting(scope["method"])
        answer = await self._take(scope, receive, token.source, named, occurred_at)
        if occurred_at is None:  # history that is handed in is no call of AOM's
            self._uses.note(token, self.now(), kept=answer.status_code in _KEPT)
        return answer

    async def _take(
        self,
        scope: Scope,
        receive: Receive,
        source: str,
        named: str | None,
        occurred_at: datetime | None,
    ) -> Answer:
        if refusal := self._intake.refusal():
            return refusal
        if wait := self._limits.wait(source):
            return self._turn_away(
                429,
                f"This source sends more than its limit. Send the event again in {wait} s.",
                "limit",
                wait,
            )
        try:
            body, fault = await self._body(scope, receive)
        except TooLarge:
            return self._turn_away(
                413, f"The body is larger than {self._max_body_bytes} bytes.", "too_large"
            )
        except CutOff:
            return self._turn_away(400, "The body ended early.", "cut_off")
        return await self._intake.take(
            IntakeCall(source, named, body, self.now(), occurred_at, fault)
        )

    def refuse(self, answer: Response) -> Response:
        """Of a wrong token."""
        self._metrics.turned_away("token")
        return answer

    async def _body(self, scope: Scope, receive: Receive) -> tuple[bytes, str | None]:
        """The body, unpacked; where that fails, as it came, with the reason."""
        body = await read_body(scope, receive, self._max_body_bytes)
        if not is_gzip(scope, body):
            return body, None
        try:
            return await self._unpacked(body), None
        except NotGzip as error:
            return body, f"is not the gzip that Content-Encoding says: {error}"

    async def _unpacked(self, body: bytes) -> bytes:
        try:
            return gunzip_body(body, min(LARGE, self._max_body_bytes))
        except TooLarge:
            return await self._intake.beside(len(body), gunzip_body, body, self._max_body_bytes)

    def _turn_away(self, status: int, detail: str, reason: str, wait: int = 0) -> Response:
        self._metrics.turned_away(reason)
        headers = (
            {"Retry-After": str(wait)}
            if wait
            else {"Connection": "close"}
            if reason == "too_large"
            else None
        )
        return problem_response(status, detail, headers=headers, kept=False)


class PathEndpoint:
    """`/in/{token}[/{event}]`: what a school pastes into AOM. An ASGI application that reads the
    path itself: it is the hot one.
    """

    PREFIX = "/in/"

    def __init__(self, reception: EventReception) -> None:
        self._reception = reception

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A defect is logged and answered 500, for the server would say it in plain text."""
        try:
            answer = await self._answer(scope, receive)
        except Exception:  # noqa: BLE001 - whatever it is
            structlog.get_logger().exception("intake.failed")
            answer = defect_response()
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        token, _, named = scope["path"][len(self.PREFIX) :].partition("/")
        known = self._reception.tokens.find(strip_copied(token))
        if known is None:
            return self._reception.refuse(unknown_address())
        return await self._reception.answer(scope, receive, known, name_from_address(named))


class HeaderEndpoint:
    """`/events[/{event}]` with an Authorization header, as an ASGI endpoint: for relays and
    scripts.

    With `Occurred-At` (ISO 8601, with an offset) an event of the past takes its place before all
    that came since.
    """

    def __init__(self, reception: EventReception) -> None:
        self._reception = reception

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(scope, receive)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        headers = Headers(scope=scope)
        known = self._reception.tokens.find(
            strip_copied(from_header(headers.get("authorization", "")))
        )
        if known is None:
            return self._reception.refuse(unauthorised_response())
        header = headers.get("occurred-at")
        occurred_at = _parse_moment(header) if header is not None else None
        if header is not None and not (occurred_at and occurred_at <= self._reception.now()):
            return problem_response(
                400, "Occurred-At must be a past time like 2026-03-01T14:30:00Z.", kept=False
            )
        return await self._reception.answer(
            scope,
            receive,
            known,
            name_from_address(scope["path_params"].get("event", "")),
            occurred_at,
        )


def _greeting(method: str) -> Response:
    if method in {"GET", "HEAD"}:
        return PlainTextResponse(GREETING)
    return problem_response(405, "POST an event here.", headers={"Allow": "GET, HEAD, POST"})


def _parse_moment(text: str) -> datetime | None:
    """An aware time from 1970 on."""
    try:
        at = datetime.fromisoformat(text.strip())
        return at if at.tzinfo and at.timestamp() >= 0 else None
    except (ValueError, OverflowError):
        return None
