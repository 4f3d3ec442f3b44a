"""One operation of the admin API: its types check what comes in, write what goes out, and describe
both in OpenAPI.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.gateway.audit_trail import AuditTrail, describe_answer, describe_request
from receiver.http.authentication import OperatorAuthentication
from receiver.http.operators import NamedOperator, forbidden_text
from receiver.http.problem_details import problem_response
from receiver.inbox import AuditOutcome
from receiver.settings import Role

MAX_BODY = 1024 * 1024


class Parameters(BaseModel):
    """Base of what an operation takes: unknown names are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Parameters):
    """The parameters of an operation that takes none in this place."""


@dataclass(frozen=True, slots=True)
class OperationCall:
    """One call of an operation, with what came in checked."""

    path: Any
    query: Any
    body: Any

    def parts(self) -> tuple[Parameters, ...]:
        """All that came in."""
        return tuple(part for part in (self.path, self.query, self.body) if part is not None)


class UnfitParameter(Exception):
    """A parameter that its type lets through, or what the operation works on, is wrong; the text
    says which and why. `errors`: where there are several, the place and the words of each.
    """

    def __init__(self, text: str, errors: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(text)
        self.errors = errors


class NotFound(Exception):
    """There is no such thing; the text says what was looked for."""


@runtime_checkable
class AuditedAnswer(Protocol):
    """An answer that says for the audit what came of the act; of others the numbers are noted."""

    def audit_outcome(self) -> tuple[AuditOutcome, str]:
        """The outcome, and the words for it, without personal data."""


@dataclass(frozen=True, slots=True)
class Operation:
    """`answer` is any type that pydantic can write: a model, a dataclass, a mapping.

    `role` is the least that an operator needs: what changes nothing is for viewers, all else for
    operators, unless it says otherwise. `act` is its name in the audit, by default the last step of
    the path.
    """

    method: str
    path: str
    summary: str
    handler: Callable[[OperationCall], Awaitable[Any]]
    answer: Any
    takes: type[Parameters] = Nothing  # in the path
    query: type[Parameters] = Nothing
    body: type[Parameters] | None = None
    faults: Mapping[int, str] = field(default_factory=dict)
    role: Role | None = None
    act: str = ""

    @property
    def changes(self) -> bool:
        """Whether it changes anything, and is noted in the audit."""
        return self.method != "GET"

    @property
    def needed_role(self) -> Role:
        return self.role or ("operator" if self.changes else "viewer")

    @property
    def act_name(self) -> str:
        return self.act or self.path.rpartition("/")[2]

    def route(self, operators: OperatorAuthentication, trail: AuditTrail) -> Route:
        """The operation, for operators whose role allows it."""
        writer = _writer(self.answer)

        async def endpoint(request: Request) -> Response:
            operator = operators.identify(request)
            if isinstance(operator, Response):
                return operator
            if not operator.may(self.needed_role):
                return await self._forbid(request, operator, trail)
            call = await self._check_request(request)
            if isinstance(call, Response):
                return call
            try:
                answer = await self._answer(call, operator.name, trail)
            except UnfitParameter as unfit:
                return _unfit(unfit)
            except NotFound as missing:
                return problem_response(404, str(missing))
            return Response(
                writer.dump_json(answer),
                media_type="application/json",
                headers={"Cache-Control": "no-store"},
            )

        route = Route(self.path, endpoint, methods=[self.method], name=self.summary)
        # what is asked for may have a line break in it
        route.path_regex = re.compile(route.path_regex.pattern, re.DOTALL)
        return route

    async def _forbid(
        self, request: Request, operator: NamedOperator, trail: AuditTrail
    ) -> Response:
        about = describe_request(request.path_params)
        await trail.note(operator.name, self.act_name, about, "refused")
        return problem_response(403, forbidden_text(operator, self.act_name, self.needed_role))

    async def _answer(self, call: OperationCall, who: str, trail: AuditTrail) -> Any:
        if not self.changes or getattr(call.body, "dry_run", False):
            return await self.handler(call)
        given = (part.model_dump(exclude_defaults=True) for part in call.parts())
        async with trail.act(who, self.act_name, describe_request(*given)) as act:
            try:
                answer = await self.handler(call)
            except (NotFound, UnfitParameter) as error:
                act.fail(str(error))
                raise
            if isinstance(answer, AuditedAnswer):
                act.outcome, act.result = answer.audit_outcome()
            else:
                act.result = describe_answer(answer)
            return answer

    async def _check_request(self, request: Request) -> OperationCall | Response:
        """What came in; or the answer to what does not fit."""
        try:
            return OperationCall(
                path=self.takes.model_validate(request.path_params),
                query=self.query.model_validate(_flat(request)),
                body=self.body.model_validate_json(await _body(request)) if self.body else None,
            )
        except ValidationError as error:
            return _invalid(error)
        except ClientDisconnect:
            return problem_response(400, "The body ended early.")


@cache  # to make one takes milliseconds, and a reload makes the routes anew
def _writer(answer: Any) -> TypeAdapter[Any]:
    return TypeAdapter(answer)


async def _body(request: Request) -> bytes:
    """The body, cut where it is longer than any that makes sense: it is then no JSON any more."""
    read = b""
    async for chunk in request.stream():
        read += chunk
        if len(read) > MAX_BODY:
            break
    return read or b"{}"


def _flat(request: Request) -> dict[str, str | list[str]]:
    """Query parameters; one given twice becomes a list, which its type then refuses or takes."""
    names = dict.fromkeys(request.query_params)
    values = {name: request.query_params.getlist(name) for name in names}
    return {name: value[0] if len(value) == 1 else value for name, value in values.items()}


def _unfit(unfit: UnfitParameter) -> Response:
    if not unfit.errors:
        return problem_response(422, str(unfit))
    errors = [{"path": path, "message": message} for path, message in unfit.errors]
    return problem_response(422, str(unfit), errors=errors)


def _invalid(error: ValidationError) -> Response:
    errors = [
        {"path": ".".join(str(part) for part in one["loc"]), "message": one["msg"]}
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return problem_response(
        422, "The request does not fit the description at /openapi.json.", errors=errors
    )
