"""One table from Salesforce's codes to what helps, for rows and for whole calls.

Sources: Salesforce's "SOAP API Developer Guide" (StatusCode, ExceptionCode), "REST API Developer Guide" (status codes), and what users
of real orgs report. A code that stands in no row of the table is taken for passing: it is retried, and its words are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from connectors.base import BatchRefused, ConnectorError, Misconfigured, Throttled, Unavailable

if TYPE_CHECKING:
    from connectors.salesforce.transport import Answered

DAY_IS_FULL = 900.0  # seconds until another look; the day is the last 24 hours, so it empties bit by bit

FIELDS = "Setup → Object Manager → (the object) → Fields & Relationships"
PERMISSIONS = "Setup → Permission Sets → (the gateway's) → Object Settings"
STORAGE = "free space at Setup → Storage Usage"


class Kind(Enum):
    PASSING = auto()  # wait and repeat
    DAY = auto()  # the day's calls are used up
    SET_UP = auto()  # something is missing in the org, for every row
    ACCESS = auto()  # set-up, or this one record's sharing: the object's description tells
    GONE = auto()  # the record of this id was deleted, or merged into another
    TAKEN = auto()  # a unique value stands in another record
    ROW = auto()  # this row, as it stands, never


@dataclass(frozen=True, slots=True)
class Rule:
    """Holds for a code, and where `says` is given for messages that contain it. The first that holds counts."""

    code: str
    kind: Kind
    says: str = ""
    remedy: str = ""


TABLE = (
    Rule("UNABLE_TO_LOCK_ROW", Kind.PASSING),
    Rule("SERVER_UNAVAILABLE", Kind.PASSING),
    Rule("REQUEST_RUNNING_TOO_LONG", Kind.PASSING),
    Rule("QUERY_TIMEOUT", Kind.PASSING),
    Rule("UNKNOWN_EXCEPTION", Kind.PASSING),
    Rule("INVALID_FIELD", Kind.PASSING, says="Foreign key external ID"),  # the parent may come yet
    Rule("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Kind.PASSING, says="UNABLE_TO_LOCK_ROW"),  # from within a trigger or flow
    Rule("CANNOT_EXECUTE_FLOW_TRIGGER", Kind.PASSING, says="UNABLE_TO_LOCK_ROW"),
    Rule("REQUEST_LIMIT_EXCEEDED", Kind.DAY, says="TotalRequests"),
    Rule("REQUEST_LIMIT_EXCEEDED", Kind.PASSING),  # too many calls at once
    Rule("STORAGE_LIMIT_EXCEEDED", Kind.SET_UP, remedy=STORAGE),
    Rule("INVALID_FIELD", Kind.SET_UP, remedy=f"create the field or make it visible: {FIELDS}, or `aom-gateway provision`"),
    Rule("INVALID_FIELD_FOR_INSERT_UPDATE", Kind.SET_UP, remedy=f"let the run-as user edit the field: {PERMISSIONS}"),
    Rule("INVALID_TYPE", Kind.SET_UP, remedy=f"create the object, or let the run-as user see it: {PERMISSIONS}"),
    Rule("NOT_FOUND", Kind.SET_UP, remedy=f"create the object or its key field, or let the run-as user see it: {PERMISSIONS}"),
    Rule("API_DISABLED_FOR_ORG", Kind.SET_UP, remedy="the org's edition needs API access, and the run-as user the permission API Enabled"),
    Rule("API_CURRENTLY_DISABLED", Kind.SET_UP, remedy="the run-as user needs the permission API Enabled"),
    Rule("FUNCTIONALITY_NOT_ENABLED", Kind.SET_UP, remedy="the org's edition lacks this"),
    Rule("UNSUPPORTED_API_VERSION", Kind.SET_UP, remedy="set `api_version` to one that the org supports"),
    Rule("INSUFFICIENT_ACCESS", Kind.ACCESS, remedy=PERMISSIONS),
    Rule("INSUFFICIENT_ACCESS_OR_READONLY", Kind.ACCESS, remedy=PERMISSIONS),
    Rule("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", Kind.ACCESS, remedy=PERMISSIONS),
    Rule("ENTITY_IS_DELETED", Kind.GONE),
    Rule("INVALID_CROSS_REFERENCE_KEY", Kind.GONE),
    Rule("MALFORMED_ID", Kind.GONE),
    Rule("DUPLICATE_VALUE", Kind.TAKEN),
    *(
        Rule(code, Kind.ROW)
        for code in (
            "REQUIRED_FIELD_MISSING",
            "STRING_TOO_LONG",
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "FIELD_INTEGRITY_EXCEPTION",
            "FIELD_FILTER_VALIDATION_EXCEPTION",
            "INVALID_EMAIL_ADDRESS",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "DUPLICATES_DETECTED",
            "DUPLICATE_EXTERNAL_ID",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "JSON_PARSER_ERROR",
            "MISSING_ARGUMENT",
            "MULTIPLE_CHOICES",
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            "APEX_ERROR",
            "INACTIVE_OWNER_OR_USER",
            "INVALID_STATUS",
            "TRANSFER_REQUIRES_READ",
            "ENTITY_IS_LOCKED",
            "INVALID_CURRENCY_ISO",
            "INVALID_ID_FIELD",
            "EXCEEDED_MAX_SIZE_REQUEST",
            "HTTP 413",
        )
    ),
)
UNKNOWN = Rule("", Kind.PASSING)


@dataclass(frozen=True, slots=True)
class Failure:
    """What Salesforce says of one row, or of a whole call."""

    code: str
    message: str
    fields: tuple[str, ...] = ()

    @property
    def rule(self) -> Rule:
        return next((rule for rule in TABLE if rule.code == self.code and rule.says in self.message), UNKNOWN)

    @property
    def field(self) -> str | None:
        return self.fields[0] if self.fields else None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Missing(Misconfigured):
    """The org has no such object or key field, or hides it."""


def failure(error: Mapping[str, Any]) -> Failure:
    """Read an error of a row (`statusCode`) or of a call (`errorCode`)."""
    code = error.get("statusCode") or error.get("errorCode") or "UNKNOWN"
    return Failure(str(code), str(error.get("message") or ""), tuple(str(name) for name in error.get("fields") or ()))


def misconfigured(failed: Failure, place: str = "") -> Misconfigured:
    text = f"{place}: {failed}" if place else str(failed)
    kind = Missing if failed.code == "NOT_FOUND" else Misconfigured
    return kind(f"{text} → {failed.rule.remedy}" if failed.rule.remedy else text)


def raised(answer: Answered, place: str) -> ConnectorError:
    """Give the exception for an answer that is no success. `place` names the call."""
    return of_call(answer.status, answer.json(), place, _seconds(answer.headers.get("Retry-After")))


def of_call(status: int, body: Any, place: str, retry_after: float | None = None) -> ConnectorError:
    """Give the exception for a status and a JSON body, None where it was none."""
    failed = call_failure(status, body)
    match failed.rule.kind:
        case Kind.PASSING:
            return Unavailable(f"{place}: {failed}", retry_after)
        case Kind.DAY:
            return Throttled(str(failed), retry_after or DAY_IS_FULL, daily=True)
        case Kind.SET_UP | Kind.ACCESS:
            return misconfigured(failed, place)
        case _:
            return BatchRefused(failed.code, failed.message, failed.field)


def call_failure(status: int, body: Any) -> Failure:
    """Read the first error of a whole call."""
    if status == HTTPStatus.MULTIPLE_CHOICES:
        return Failure("MULTIPLE_CHOICES", "several records have this key")
    if isinstance(body, list) and body and isinstance(body[0], Mapping):
        return failure(body[0])
    return Failure(f"HTTP {status}", "without an error of Salesforce's own")


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdigit() else None
