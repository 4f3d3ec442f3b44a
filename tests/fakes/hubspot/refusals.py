"""Error bodies as HubSpot words them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one value."""

    code: str
    message: str
    property: str

    def as_detail(self) -> dict[str, Any]:
        return {
            "message": self.message,
            "code": self.code,
            "context": {"propertyName": [self.property]},
        }

    def as_item(self) -> dict[str, Any]:
        return {
            "isValid": False,
            "message": self.message,
            "error": self.code,
            "name": self.property,
        }


@dataclass(slots=True)
class Refusal(Exception):
    """The whole call is refused."""

    status: int
    category: str
    message: str
    errors: Sequence[Mapping[str, Any]] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        said = {
            "status": "error",
            "message": self.message,
            "correlationId": "0d5f6f3e-4c5a-4f0e-9f39-3a5f3e1b7a10",
            "category": self.category,
            **self.more,
        }
        return {**said, "errors": list(self.errors)} if self.errors else said


def not_valid(message: str) -> Refusal:
    return Refusal(400, "VALIDATION_ERROR", message)


def invalid(faults: Sequence[Fault]) -> Refusal:
    """Refuse values.

    HubSpot says what is wrong twice: as JSON inside the message, and in `errors`.
    """
    message = f"Property values were not valid: {json.dumps([fault.as_item() for fault in faults])}"
    return Refusal(400, "VALIDATION_ERROR", message, [fault.as_detail() for fault in faults])


def record_error(refusal: Refusal, trace: str) -> dict[str, Any]:
    """Word a refusal as one of the `errors` of a multi-status answer."""
    return {
        "status": "error",
        "category": refusal.category,
        "message": refusal.message,
        "context": {**refusal.more.get("context", {}), "objectWriteTraceId": [trace]},
        "errors": list(refusal.errors),
        "links": {},
    }


def missing_scopes(scopes: Sequence[str]) -> Refusal:
    detail = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": list(scopes)},
    }
    message = (
        "This app hasn't been granted all required scopes to make this call. Read more about "
        "required scopes here: https://example.test."
    )
    return Refusal(
        403, "MISSING_SCOPES", message, [detail], {"links": {"scopes": "https://example.test"}}
    )


def too_many(policy: str, headers: Mapping[str, str]) -> Refusal:
    period = "daily" if policy == "DAILY" else "ten_secondly_rolling"
    more = {"errorType": "RATE_LIMIT", "policyName": policy}
    return Refusal(429, "RATE_LIMITS", f"You have reached your {period} limit.", (), more, headers)
