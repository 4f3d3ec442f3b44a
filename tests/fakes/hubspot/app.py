"""From a request to an answer: faults, token, limits, scopes, then whatever the path stands for."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.hubspot.associations import Associations
from tests.fakes.hubspot.batches import Batches
from tests.fakes.hubspot.faults import Fault, Faults
from tests.fakes.hubspot.limits import Limits
from tests.fakes.hubspot.portal import COMMERCE, OBJECT_SCOPES, Portal, Token
from tests.fakes.hubspot.refusals import Refusal, missing_scopes, not_valid, too_many
from tests.fakes.hubspot.schema import Schema
from tests.fakes.server import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.hubspot.options import Options

VERSIONS = r"20\d\d-(?:03|09)"
OLD = {"objects": "v3", "properties": "v3", "pipelines": "v3", "associations": "v4"}
DATED = re.compile(rf"/crm/(objects|properties|pipelines|associations)/({VERSIONS})/(.+)")
UNDATED = re.compile(r"/crm/(v3|v4)/(objects|properties|pipelines|associations)/(.+)")
RULES = re.compile(r"/crm/pipelines-rules/2026-09-beta/(?P<object>\d-\d+)/(?P<pipeline>.+)")
ACCOUNT = re.compile(rf"/account-info/({VERSIONS}|v3)/(details|api-usage/daily/private-apps)")


@dataclass(frozen=True, slots=True)
class Call:
    """One call, for tests to count."""

    method: str
    path: str
    status: int  # 0: no answer
    inputs: int
    at: float


class App:
    def __init__(self, options: Options, clock: Callable[[], float] = time.monotonic) -> None:
        self.options = options
        self.portal = Portal()
        self.faults = Faults(options.seed)
        self.limits = Limits(options, clock)
        self.calls: list[Call] = []
        self.lock = threading.RLock()
        self._clock = clock
        self._batches = Batches(self.portal, options)
        self._associations = Associations(self.portal, options)

    async def answer(self, request: Request) -> Response | None:
        with self.lock:
            fault = self.faults.next(request.path)
        answer = self._befallen(request, fault) if fault else self._answer(request)
        if fault and fault.kind in {"drop", "stall"}:
            answer = None
        self.calls.append(
            Call(
                request.method,
                request.path,
                answer.status if answer else 0,
                _inputs(request),
                self._clock(),
            )
        )
        await asyncio.sleep(
            self._duration(fault) + self.options.row_latency * self.calls[-1].inputs
        )
        return answer

    def _duration(self, fault: Fault | None) -> float:
        if fault and fault.kind == "stall":
            return fault.seconds or self.options.stall
        return fault.seconds if fault and fault.seconds else self.options.latency

    def _befallen(self, request: Request, fault: Fault) -> Response | None:
        if fault.kind == "slow":
            return self._answer(request)
        if fault.applied:
            self._answer(request)
        if fault.kind != "status":
            return None
        if fault.body:
            return Response(
                fault.status, fault.body, {"Content-Type": "application/json", **fault.headers}
            )
        said = (
            too_many("TEN_SECONDLY_ROLLING", {})
            if fault.status == 429
            else Refusal(fault.status, "ON_PURPOSE", "a fault on purpose")
        )
        return Response(fault.status, said.body(), fault.headers)

    def _answer(self, request: Request) -> Response:
        with self.lock:
            try:
                token = self.portal.token(request.headers.get("authorization", ""))
                self.limits.take()
                status, data = self._dispatch(request, token)
            except Refusal as refusal:
                return Response(
                    refusal.status, refusal.body(), {**refusal.headers, **self.limits.headers()}
                )
            return Response(status, data, self.limits.headers())

    def _dispatch(self, request: Request, token: Token) -> tuple[int, dict[str, Any] | None]:
        if match := ACCOUNT.fullmatch(request.path):
            return self._account(match.group(2))
        if match := RULES.fullmatch(request.path):
            return self._pipeline_rules(match["pipeline"])
        area, version, rest = _place(request.path)
        _permit(token, area, request.method, rest)
        if self.options.breaks_at and self.options.breaks_at.encode() in request.body:
            raise Refusal(500, "INTERNAL_ERROR", "There was a problem with the request.")
        body = _body(request)
        parts = rest.split("/")
        match area:
            case "objects":
                return self._objects(
                    request.method,
                    parts,
                    body,
                    rules=version[:4].isdecimal() and version >= "2026-09",
                )
            case "associations":
                return self._tie(request.method, parts, body)
        return self._schema(
            request.method,
            [area, *parts],
            body,
            Schema(self.portal, self.options, not version.startswith("v")),
        )

    def _objects(
        self, method: str, parts: list[str], body: Any, *, rules: bool
    ) -> tuple[int, dict[str, Any] | None]:
        match (method, *parts):
            case ("POST", type_, "batch", "upsert"):
                return self._batches.upsert(type_, body, rules=rules)
            case ("POST", type_, "batch", "update"):
                return self._batches.update(type_, body, rules=rules)
            case ("POST", type_, "batch", "create"):
                return self._batches.create(type_, body, rules=rules)
            case ("POST", type_, "batch", "archive"):
                return self._batches.archive(type_, body)
            case ("POST", "contacts", "gdpr-delete"):
                return self._erase(body)
            case ("POST", type_, "batch", "read"):
                return self._batches.read(type_, body)
        raise nowhere()

    def _erase(self, body: Any) -> tuple[int, None]:
        """Delete a contact for good, by id or by address; nobody is not an error."""
        contacts = self.portal.records("contacts")
        name, value = body.get("idProperty"), body["objectId"]
        record = contacts.find(name, value) if name else contacts.get(value)
        if record is not None:
            contacts.erased |= record.all_emails() if self.options.erasure_blocks else set()
            self.portal.delete("contacts", record.id)
        return 204, None

    def _pipeline_rules(self, id_: str) -> tuple[int, dict[str, Any]]:
        if not self.options.pipeline_rules:
            raise Refusal(
                403,
                "MISSING_SCOPES",
                "This app hasn't been granted all required scopes to make this call.",
            )
        pipeline = next(
            (known for known in self.portal.pipelines["deals"] if known.id == id_), None
        )
        if pipeline is None:
            raise nowhere()
        created = (
            {"objectCreationRule": {"pipelineStageIds": list(pipeline.created_in)}}
            if pipeline.created_in
            else {}
        )
        return 200, {"governanceValidationRules": created}

    def _tie(self, method: str, parts: list[str], body: Any) -> tuple[int, dict[str, Any]]:
        match (method, *parts):
            case ("POST", source, target, "batch", "associate", "default"):
                return self._associations.default(source, target, body)
            case ("POST", source, target, "batch", "create"):
                return self._associations.create(source, target, body)
            case ("POST", source, target, "batch", "read"):
                return self._associations.read(source, target, body)
            case ("GET", source, target, "labels"):
                return self._associations.labels(source, target)
        raise nowhere()

    def _schema(  # noqa: PLR0911 - one for each call
        self, method: str, parts: list[str], body: Any, schema: Schema
    ) -> tuple[int, dict[str, Any]]:
        match (method, *parts):
            case ("GET", "properties", type_):
                return schema.properties(type_)
            case ("POST", "properties", type_):
                return schema.create_property(type_, body)
            case ("GET", "properties", type_, "groups"):
                return schema.groups(type_)
            case ("POST", "properties", type_, "groups"):
                return schema.create_group(type_, body)
            case ("GET", "properties", type_, name):
                return schema.property(type_, name)
            case ("PATCH", "properties", type_, name):
                return schema.change_property(type_, name, body)
            case ("GET", "pipelines", type_):
                return schema.pipelines(type_)
        raise nowhere()

    def _account(self, what: str) -> tuple[int, dict[str, Any]]:
        if what == "details":
            first, *others = self.portal.currencies
            zone = {
                "timeZone": "US/Eastern",
                "utcOffset": "-05:00",
                "utcOffsetMilliseconds": -18_000_000,
            }
            place = {
                "portalId": self.portal.id,
                "accountType": "STANDARD",
                "uiDomain": "app.hubspot.com",
                "dataHostingLocation": "na1",
            }
            return 200, {**place, **zone, "companyCurrency": first, "additionalCurrencies": others}
        used = {
            "name": "private-apps-api-calls-daily",
            "usageLimit": self.options.daily,
            "currentUsage": self.limits.today,
        }
        return 200, {
            "results": [{**used, "fetchStatus": "SUCCESS", "collectedAt": "2026-11-01T00:00:00Z"}]
        }


def _place(path: str) -> tuple[str, str, str]:
    """Take a path apart into area, version and rest, in either style."""
    if match := DATED.fullmatch(path):
        return match[1], match[2], match[3]
    if (match := UNDATED.fullmatch(path)) and OLD[match[2]] == match[1]:
        return match[2], match[1], match[3]
    raise nowhere()


def _permit(token: Token, area: str, method: str, rest: str) -> None:
    """Refuse what the token's scopes do not cover."""
    writes = method != "GET" and not rest.endswith("batch/read")
    kind = "schemas" if area in {"properties", "pipelines"} and writes else "objects"
    types = rest.split("/")[: 2 if area == "associations" else 1]
    names = [type_ if type_ in OBJECT_SCOPES else "custom" for type_ in types]
    wanted = [
        COMMERCE
        if (kind, name) == ("schemas", "line_items")
        else f"crm.{kind}.{name}.{'write' if writes else 'read'}"
        for name in names
    ]
    if missing := sorted({scope for scope in wanted if scope not in token.scopes}):
        raise missing_scopes(missing)


def _body(request: Request) -> Any:
    if request.method == "GET":
        return None
    if "json" not in request.headers.get("content-type", ""):
        raise Refusal(415, "VALIDATION_ERROR", "Unsupported media type")
    try:
        return json.loads(request.body)
    except ValueError:
        raise not_valid("Invalid input JSON on line 1, column 1") from None


def _inputs(request: Request) -> int:
    """Count the inputs of a batch, 0 where there is none."""
    with suppress(ValueError, KeyError, TypeError):
        return len(json.loads(request.body)["inputs"])
    return 0


def nowhere() -> Refusal:
    return Refusal(404, "NOT_FOUND", "resource not found")
