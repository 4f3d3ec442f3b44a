"""The public endpoint: authenticates a call, keeps it, and says what it was. No CRM is called here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from time import perf_counter

import orjson
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope

from receiver.http.authentication import Tokens
from receiver.http.problem_details import problem
from receiver.http.request_body import CutOff, TooLarge, read_body
from receiver.inbox import Accepted, Inbox, NewEvent, StoreUnavailable, Unstorable
from receiver.ingest.validation import Judge
from receiver.micro_batch import MicroBatch
from receiver.settings import Source
from receiver.telemetry import Metrics, quick_log


@dataclass(slots=True)
class _Call:
    """An authenticated POST that waits for its answer."""

    source: str
    named: str | None
    body: bytes
    received_at: datetime
    started: float  # when the body was there, by the clock of perf_counter
    answer: asyncio.Future[Response]
    occurred_at: datetime | None = None  # of history that is handed in later

    def reply(self, response: Response) -> None:
        if not self.answer.done():  # else whoever waited has given up
            self.answer.set_result(response)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


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
        self.now = now
        self._calls = MicroBatch(self._take)
        self._closing = False
        self._log = structlog.get_logger()
        self._quick_log = quick_log()

    def close(self) -> None:
        """Answer new calls 503 from now on; those that are being kept are answered as ever."""
        self._closing = True

    async def receive(
        self, scope: Scope, receive: Receive, source: str, named: str | None, occurred_at: datetime | None = None
    ) -> Response:
        """The answer to an authenticated POST. What `occurred_at` some earlier time takes its place before all that came since."""
        if self._closing:
            return self._later("The gateway is shutting down. Send the event again later.")
        try:
            body = await read_body(scope, receive, self._max_body_bytes)
        except TooLarge:
            return self._turn_away(413, f"The body is larger than {self._max_body_bytes} bytes.", "too_large", {"Connection": "close"})
        except CutOff:
            return self._turn_away(400, "The body ended early.", "cut_off")
        call = _Call(source, named, body, self.now(), perf_counter(), asyncio.get_running_loop().create_future(), occurred_at)
        self._calls.add(call)
        return await call.answer

    def _take(self, calls: list[_Call]) -> None:
        """Judge calls that came together and give them to the inbox together."""
        for call in calls:
            try:
                self._keep(call)
            except Exception as error:  # noqa: BLE001 - a defect is the one call's, whose turn raises it
                call.fail(error)

    def _keep(self, call: _Call) -> None:
        judged = self._judge(call.source, call.named, call.body, call.occurred_at or call.received_at)
        self._accept(call, replace(judged, late_at=call.received_at) if call.occurred_at else judged)

    def _accept(self, call: _Call, judged: NewEvent) -> None:
        try:
            keeping = self._inbox.accept(judged)
        except StoreUnavailable as error:
            call.reply(self._not_kept(call, error))
        else:
            keeping.add_done_callback(partial(self._kept, call, judged))

    def _kept(self, call: _Call, judged: NewEvent, keeping: asyncio.Future[Accepted]) -> None:
        try:
            call.reply(self._answer(call, judged, keeping.result()))
        except StoreUnavailable as error:
            call.reply(self._not_kept(call, error))
        except Unstorable as error:
            self._set_aside(call, judged, error)
        except Exception as error:  # noqa: BLE001 - a defect is the one call's, whose turn raises it
            call.fail(error)

    def _set_aside(self, call: _Call, judged: NewEvent, error: Unstorable) -> None:
        """No database takes it as what it was judged to be: keep the bytes in quarantine, or say that even that failed."""
        if judged.faults and judged.name is None:
            call.reply(self._not_kept(call, error))
            return
        faults = (("", str(error)),)
        bare = replace(
            judged, name=None, how=None, named=None, disagreement=None, lanes=(), people=(), unknown=(), unreadable=(), faults=faults
        )
        self._accept(call, bare)

    def _answer(self, call: _Call, judged: NewEvent, kept: Accepted) -> Response:
        outcome = "duplicate" if kept.duplicate else "quarantined" if judged.faults else "accepted"
        self._tell(judged, outcome, kept, perf_counter() - call.started)
        if judged.faults:
            return _refusal(self._sources[call.source].invalid_status, judged, kept)
        answer = orjson.dumps({"id": kept.id, "event": judged.name, "status": outcome, "deliveries": kept.deliveries})
        return Response(answer, 200 if kept.duplicate else 202, media_type="application/json")

    def _not_kept(self, call: _Call, error: StoreUnavailable | Unstorable) -> Response:
        reason = str(error) if isinstance(error, StoreUnavailable) else "no database takes it"  # whose words may quote it
        self._log.error("event.not_kept", source=call.source, reason=reason)
        return self._later("The event could not be kept. Send it again later.")

    def _later(self, detail: str) -> Response:
        return self._turn_away(503, detail, "store", {"Retry-After": "10"})

    def _tell(self, judged: NewEvent, outcome: str, kept: Accepted, seconds: float) -> None:
        """One log line and the metrics of an answered call."""
        self._metrics.event(judged.source, judged.name, outcome, seconds)
        if outcome == "accepted" and judged.name:
            if judged.disagreement:
                self._metrics.disagreement(judged.source, judged.name)
            if judged.unknown:
                self._metrics.drift(judged.source, judged.name, len(judged.unknown))
            if judged.unreadable:
                self._metrics.unreadable(judged.source, judged.name, len(judged.unreadable))
        told = {"id": kept.id, "source": judged.source, "name": judged.name, "deliveries": kept.deliveries}
        self._quick_log.info(f"event.{outcome}", **told, ms=round(seconds * 1000, 1))

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
