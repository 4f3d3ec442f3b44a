"""Validates an authenticated call, keeps it, and says what it was. No CRM is called here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import TypeVar

import orjson
import structlog
from starlette.responses import Response

from receiver.http.answers import Answer, JSONAnswer
from receiver.http.problem_details import problem_response
from receiver.inbox import AcceptedEvent, Inbox, NewEvent, StoreUnavailable, Unstorable
from receiver.ingest.validation import Validator
from receiver.ingest.validation_thread import ValidationThread
from receiver.settings import Source
from receiver.telemetry import GatewayMetrics, quick_log

T = TypeVar("T")

LARGE = 16 * 1024
"""Bytes of a body from which on it is validated beside the event loop."""

MANY = 100  # lanes of one event


@dataclass(frozen=True, slots=True)
class IntakeCall:
    """An authenticated POST whose body is there."""

    source: str
    named: str | None  # the event's name in the URL
    body: bytes
    received_at: datetime
    occurred_at: datetime | None = None  # of history that is handed in later
    fault: str | None = None  # why the body is not what its headers say


class Intake:
    """Takes the calls of all sources. Its answers are those of the outward contract, whatever the
    bytes.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        validate_call: Validator,
        inbox: Inbox,
        metrics: GatewayMetrics,
        thread: ValidationThread | None = None,
    ) -> None:
        self._sources = sources
        self._validate_call = validate_call
        self._inbox = inbox
        self._metrics = metrics
        self._thread = thread or ValidationThread()
        self._closing = False
        self._log = structlog.get_logger()
        self._quick_log = quick_log()

    def close(self) -> None:
        """Answer new calls 503 from now on; those that are being kept are answered as ever."""
        self._closing = True

    def refusal(self) -> Response | None:
        """The answer to a new call where none is taken."""
        if self._closing:
            return self._later("The gateway is shutting down. Send the event again later.")
        if self._thread.is_full:
            return self._later(
                "More large bodies wait than can be read. Send the event again later."
            )
        return None

    async def take(self, call: IntakeCall) -> Answer:
        """Keep a call, then answer it.

        What `occurred_at` some earlier time takes its place before all that came since.

        An event for many is written before the next large body is validated: where both compute,
        whoever waits for the commit waits for both.
        """
        started = perf_counter()
        if len(call.body) <= LARGE:
            return await self._keep(call, self._validated(call), started)
        with self._thread.counted(len(call.body)):
            async with self._thread.large:
                validated = await self._thread.run(self._validated, call)
                if len(validated.lanes) > MANY:
                    return await self._keep(call, validated, started)
        return await self._keep(call, validated, started)

    async def _keep(self, call: IntakeCall, validated: NewEvent, started: float) -> Answer:
        try:
            return self._answer(validated, await self._inbox.accept(validated), started)
        except StoreUnavailable as error:
            return self._answer_unstored(call, str(error))
        except Unstorable as error:
            return await self._set_aside(call, validated, error, started)

    async def beside(self, size: int, work: Callable[..., T], *arguments: object) -> T:
        """Work on so many bytes beside the event loop, one after the other."""
        with self._thread.counted(size):
            return await self._thread.run(work, *arguments)

    def _validated(self, call: IntakeCall) -> NewEvent:
        validated = self._validate_call(
            call.source, call.named, call.body, call.occurred_at or call.received_at
        )
        if call.occurred_at:
            validated = replace(validated, late_at=call.received_at)
        return replace(validated, faults=(("", call.fault),), lanes=()) if call.fault else validated

    async def _set_aside(
        self, call: IntakeCall, validated: NewEvent, error: Unstorable, started: float
    ) -> Answer:
        """No database takes it as what it was validated as: keep the bytes in quarantine, or say
        that even that failed.
        """
        faults = (("", str(error)),)
        bare = replace(
            validated,
            name=None,
            how=None,
            named=None,
            disagreement=None,
            lanes=(),
            people=(),
            unknown=(),
            unreadable=(),
            faults=faults,
        )
        try:
            return self._answer(bare, await self._inbox.accept(bare), started)
        except StoreUnavailable as unavailable:
            return self._answer_unstored(call, str(unavailable))
        except Unstorable:
            return self._answer_unstored(call, "no database takes it")  # whose words may quote it

    def _answer(self, validated: NewEvent, stored: AcceptedEvent, started: float) -> Answer:
        outcome = (
            "duplicate" if stored.duplicate else "quarantined" if validated.faults else "accepted"
        )
        self._tell(validated, outcome, stored, perf_counter() - started)
        if validated.faults:
            return _refusal(self._sources[validated.source].invalid_status, validated, stored)
        answer = orjson.dumps(
            {
                "id": stored.id,
                "event": validated.name,
                "status": outcome,
                "deliveries": stored.deliveries,
            }
        )
        return JSONAnswer(answer, 200 if stored.duplicate else 202)

    def _answer_unstored(self, call: IntakeCall, reason: str) -> Response:
        self._log.error("event.not_kept", source=call.source, reason=reason)
        return self._later("The event could not be kept. Send it again later.")

    def _later(self, detail: str) -> Response:
        self._metrics.turned_away("store")
        return problem_response(503, detail, headers={"Retry-After": "10"}, kept=False)

    def _tell(
        self, validated: NewEvent, outcome: str, stored: AcceptedEvent, seconds: float
    ) -> None:
        """One log line and the metrics of an answered call."""
        self._metrics.count_event(validated.source, validated.name, outcome, seconds)
        if outcome == "accepted" and validated.name:
            if validated.disagreement:
                self._metrics.count_disagreement(validated.source, validated.name)
            if validated.unknown:
                self._metrics.count_drift(validated.source, validated.name, len(validated.unknown))
            if validated.unreadable:
                self._metrics.count_unreadable(
                    validated.source, validated.name, len(validated.unreadable)
                )
        facts = {
            "id": stored.id,
            "source": validated.source,
            "name": validated.name,
            "deliveries": stored.deliveries,
        }
        self._quick_log.info(f"event.{outcome}", **facts, ms=round(seconds * 1000, 1))


def _refusal(status: int, validated: NewEvent, stored: AcceptedEvent) -> Response:
    errors = [{"path": path, "message": message} for path, message in validated.faults]
    return problem_response(
        status,
        "The call is kept in quarantine. It can be sent on once the reasons are mended.",
        title="This is not an event that can be delivered",
        id=stored.id,
        event=validated.name,
        kept=True,
        duplicate=stored.duplicate,
        errors=errors,
    )
