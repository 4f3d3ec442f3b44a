"""The public endpoint: authenticates a call, keeps it, and says what it was. No CRM is called here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from time import perf_counter

import orjson
import structlog
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from receiver.body import CutOff, TooLarge, read_body
from receiver.inbox import Accepted, Inbox, NewEvent, StoreUnavailable, Unstorable
from receiver.judging import Judge
from receiver.problems import problem
from receiver.settings import Source
from receiver.telemetry import Metrics
from receiver.tokens import Tokens, from_header

GREETING = "This address is ready to receive webhooks of Academy of Mine. Paste it into AOM as it is.\n"


class Intake:
    """Judges and keeps one call. The answers are those of the outward contract, whatever the bytes."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        judge: Judge,
        inbox: Inbox,
        metrics: Metrics,
        *,
        max_body_bytes: int,
        now: Callable[[], datetime],
    ) -> None:
        self.tokens = Tokens(sources)
        self._sources = sources
        self._judge = judge
        self._inbox = inbox
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes
        self._now = now
        self._log = structlog.get_logger().bind()  # resolved once: a lazy logger costs a tenth of a call

    async def receive(self, scope: Scope, receive: Receive, source: str, named: str | None) -> Response:
        """The answer to an authenticated POST."""
        try:
            body = await read_body(scope, receive, self._max_body_bytes)
        except TooLarge:
            return self._turn_away(413, f"The body is larger than {self._max_body_bytes} bytes.", "too_large", {"Connection": "close"})
        except CutOff:
            return self._turn_away(400, "The body ended early.", "cut_off")
        started = perf_counter()
        try:
            return await self._keep(source, named, body, started)
        except (StoreUnavailable, Unstorable) as error:
            self._log.error("event.not_kept", source=source, reason=str(error))
            return self._turn_away(503, "The event could not be kept. Send it again later.", "store", {"Retry-After": "10"})

    async def _keep(self, source: str, named: str | None, body: bytes, started: float) -> Response:
        judged = self._judge(source, named, body, self._now())
        kept = await self._inbox.accept(judged)
        outcome = "duplicate" if kept.duplicate else "quarantined" if judged.faults else "accepted"
        self._tell(judged, outcome, kept, started)
        if judged.faults:
            return _refusal(self._sources[source].invalid_status, judged, kept)
        answer = orjson.dumps({"id": kept.id, "event": judged.name, "status": outcome, "deliveries": kept.deliveries})
        return Response(answer, 200 if kept.duplicate else 202, media_type="application/json")

    def _tell(self, judged: NewEvent, outcome: str, kept: Accepted, started: float) -> None:
        """One log line and the metrics of an answered call."""
        seconds = perf_counter() - started
        self._metrics.event(judged.source, judged.name, outcome, seconds)
        if outcome == "accepted" and judged.name:
            if judged.disagreement:
                self._metrics.disagreement(judged.source, judged.name)
            if judged.unknown:
                self._metrics.drift(judged.source, judged.name, len(judged.unknown))
        milliseconds = round(seconds * 1000, 1)
        self._log.info(f"event.{outcome}", id=kept.id, source=judged.source, name=judged.name, deliveries=kept.deliveries, ms=milliseconds)

    def _turn_away(self, status: int, detail: str, reason: str, headers: Mapping[str, str] | None = None) -> Response:
        self._metrics.turned_away(reason)
        return problem(status, detail, headers=headers, kept=False)

    def unknown_token(self, *, in_path: bool) -> Response:
        """404 where the token is part of the address, so that guessing tells nothing; 401 where a header is asked for."""
        self._metrics.turned_away("token")
        if in_path:
            return problem(404, "There is nothing here. Copy the address from `aom-gateway urls`.")
        headers = {"WWW-Authenticate": 'Bearer realm="aom-gateway", Basic realm="aom-gateway"'}
        return problem(401, "Give a source's token as Bearer token, or as the password of Basic.", headers=headers)


def _refusal(status: int, judged: NewEvent, kept: Accepted) -> Response:
    errors = [{"path": path, "message": message} for path, message in judged.faults]
    return problem(
        status,
        "The call is kept in quarantine. It can be sent on once the reasons are mended.",
        title="This is not an event that can be delivered",
        id=kept.id,
        event=judged.name,
        kept=True,
        duplicate=kept.duplicate,
        errors=errors,
    )


class PathDoor:
    """`/in/{token}[/{event}]`: what a school pastes into AOM. An ASGI application that reads the path itself: it is the hot one."""

    PREFIX = "/in/"

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token, *named = scope["path"][len(self.PREFIX) :].split("/", 1)
        source = self._intake.tokens.source(token)
        if source is None:
            answer = self._intake.unknown_token(in_path=True)
        else:
            answer = await _by_method(self._intake, scope, receive, source, named[0] if named else None)
        await answer(scope, receive, send)


class HeaderDoor:
    """`/events[/{event}]` with an Authorization header, as an ASGI endpoint: for relays and scripts."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        source = self._intake.tokens.source(from_header(Headers(scope=scope).get("authorization", "")))
        if source is None:
            answer = self._intake.unknown_token(in_path=False)
        else:
            answer = await _by_method(self._intake, scope, receive, source, scope["path_params"].get("event"))
        await answer(scope, receive, send)


async def _by_method(intake: Intake, scope: Scope, receive: Receive, source: str, named: str | None) -> Response:
    if scope["method"] == "POST":
        return await intake.receive(scope, receive, source, _storable(named) if named else None)
    if scope["method"] in {"GET", "HEAD"}:
        return PlainTextResponse(GREETING)
    return problem(405, "POST an event here.", headers={"Allow": "GET, HEAD, POST"})


def _storable(named: str) -> str:
    """An address can name anything; what is kept of it must fit into any database."""
    return named[:100].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
