"""The whole fake behind one handler: faults, sign-in, the day's limit, resources, and the admin
surface of the tests.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from tests.fakes.salesforce import composite, oauth, rest, setup
from tests.fakes.salesforce.automation import running
from tests.fakes.salesforce.faults import Chaos, Fault
from tests.fakes.salesforce.org import CallError, folded, opened
from tests.fakes.salesforce.rest import Call
from tests.fakes.server import Request, Response

if TYPE_CHECKING:
    from tests.fakes.salesforce.org import Org

VERSIONS = [f"{number}.0" for number in range(31, 69)]
TOKEN = "/services/oauth2/token"
GONE = "<html><body>URL No Longer Exists</body></html>"


@dataclass
class App:
    org: Org = field(default_factory=opened)
    faults: list[Fault] = field(default_factory=list)
    chaos: Chaos = field(default_factory=Chaos)
    # calls, sign_ins, and calls by "METHOD /path"
    counts: Counter[str] = field(default_factory=Counter)
    requests: list[dict[str, Any]] = field(default_factory=list)  # method, path, status, rows
    dice: Random = field(default_factory=lambda: Random(1))

    async def handle(self, request: Request) -> Response | None:
        if self.org.options.latency_ms:
            await asyncio.sleep(self.org.options.latency_ms / 1000)
        text = f"{request.method} {short(request.path)}"
        fault = self._fault(text, request)
        if fault.expire:
            self.expire_tokens()
        answer = None
        if fault.drop != "before":
            spoiled = fault.status is not None
            answer = (
                Response(fault.status or 0, fault.body, fault.headers)
                if spoiled
                else await self._automated(request, fault.locks)
            )
        if fault.delay:
            await asyncio.sleep(fault.delay)
        self._count(text, request, answer)
        return None if fault.drop else answer

    def expire_tokens(self) -> None:
        self.org.tokens = {token: held for token, held in self.org.tokens.items() if held[0].admin}

    def _fault(self, text: str, request: Request) -> Fault:
        scripted = next((fault for fault in self.faults if fault.strikes(text)), None)
        return scripted or (request.path != "/services/data" and self.chaos.fault()) or Fault()

    async def _automated(self, request: Request, locks: float) -> Response:
        """Answer when the org's automation is through with the rows, whether the client still waits
        or not.
        """
        async with running(self.org, _written(request)):
            return self._answer(request, locks)

    def _answer(self, request: Request, locks: float) -> Response:
        if self.org.options.old_domain_is_gone:
            return Response(404, GONE)
        if self.org.options.renamed_to:
            return Response(
                302, None, {"Location": f"https://{self.org.options.renamed_to}{request.target}"}
            )
        if request.path == TOKEN:
            return self._token(request)
        if request.path.rstrip("/") == "/services/data":
            return Response(
                200,
                [
                    {"label": "", "url": f"/services/data/v{version}", "version": version}
                    for version in VERSIONS
                ],
            )
        try:
            call = self._call(request)
            if locks:
                self._lock(call.body, locks)
            status, body = dispatch(call)
        except CallError as error:
            status, body = error.status, error.body
        used = f"api-usage={self.org.spent}/{self.org.options.max_calls}"
        return Response(status, body, {"Sforce-Limit-Info": used})

    def _token(self, request: Request) -> Response:
        try:
            return Response(200, oauth.sign_in(self.org, request))
        except oauth.SignInError as error:
            return Response(400, error.body)

    def _call(self, request: Request) -> Call:
        if len(request.target) > self.org.options.url_limit:
            raise CallError(414, "URI_TOO_LONG", "URI Too Long")
        user = oauth.authenticate(self.org, request)
        self._check_limits()
        parts = tuple(request.path.strip("/").split("/"))
        if (
            parts[:2] != ("services", "data")
            or len(parts) < 4
            or parts[2].removeprefix("v") not in VERSIONS
        ):
            raise rest.NOT_FOUND
        return Call(
            self.org,
            user,
            request.method,
            parts[3:],
            request.query,
            rest.body_of(request.body),
            request.headers,
            parts[2],
        )

    def _check_limits(self) -> None:
        options = self.org.options
        if options.api_disabled:
            raise CallError(
                403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"
            )
        if options.concurrent_full:
            raise CallError(
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
            )
        if self.org.spent >= options.max_calls:
            raise CallError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.org.used += 1

    def _lock(self, body: Any, share: float) -> None:
        for record in _records(body):
            name = next(
                (name for name in record if name.endswith("_Key__c") or name == "OpportunityId"),
                None,
            )
            if name is not None and self.dice.random() < share:
                self.org.locks[folded(record[name])] = 1

    def _count(self, text: str, request: Request, answer: Response | None) -> None:
        if request.path == TOKEN:
            self.counts["sign_in_attempts"] += 1
            self.counts["sign_ins"] += answer is not None and answer.status == 200
        elif request.path.rstrip("/") != "/services/data":
            self.counts["calls"] += 1
        status = None if answer is None else answer.status
        self.requests.append(
            {
                "call": text,
                "status": status,
                "query": request.query.get("q"),
                "headers": dict(request.headers),
            }
        )


Resource = Callable[..., tuple[int, Any]]
RESOURCES: tuple[tuple[str, str, Resource], ...] = (
    ("POST", "composite", lambda call: composite.composite(call, dispatch)),
    ("PATCH", "composite/sobjects/*/*", rest.collection_upsert),
    ("PATCH", "composite/sobjects", rest.collection_update),
    ("POST", "composite/sobjects", rest.collection_create),
    ("DELETE", "composite/sobjects", rest.collection_delete),
    ("GET", "sobjects/*/describe", rest.describe),
    ("POST", "sobjects/*", rest.create),
    ("PATCH", "sobjects/*/*/*", rest.upsert),
    ("GET", "query", rest.query),
    ("GET", "query/*", rest.query_more),
    ("GET", "limits", rest.limits),
    ("GET", "tooling/query", setup.query),
    ("POST", "tooling/sobjects/CustomField", setup.create_field),
)
"""Each resource is called with what stands for the stars."""


def dispatch(call: Call) -> tuple[int, Any]:
    for method, pattern, resource in RESOURCES:
        wanted = pattern.split("/")
        if method == call.method and len(wanted) == len(call.parts):
            pairs = list(zip(wanted, call.parts, strict=True))
            if all(want in ("*", part) for want, part in pairs):
                return resource(call, *(part for want, part in pairs if want == "*"))
    raise rest.NOT_FOUND


def _written(request: Request) -> list[dict[str, Any]]:
    """Give the rows that a request writes."""
    try:
        return _records(json.loads(request.body)) if request.method in ("PATCH", "POST") else []
    except ValueError:
        return []


def _records(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, dict):
        return []
    parts = body.get("compositeRequest") or []
    inner = [record for part in parts for record in _records(part.get("body"))]
    return [*(body.get("records") or []), *inner]


def short(path: str) -> str:
    """Give a path without its version: /services/data/v66.0/limits → /limits."""
    parts = path.strip("/").split("/")
    return (
        "/" + "/".join(parts[3:]) if parts[:2] == ["services", "data"] and len(parts) > 3 else path
    )
