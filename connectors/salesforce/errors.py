"""From what Salesforce says of a row or a call to a `SalesforceFailure`, and from a call's to its
exception.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from connectors.base import (
    BatchRefused,
    ConnectorError,
    Misconfigured,
    Throttled,
    TimedOut,
    Unavailable,
)
from connectors.error_rules import ErrorOutcome, ErrorRule
from connectors.salesforce.error_table import NOT_SALESFORCES, UNKNOWN, rule_of

if TYPE_CHECKING:
    from connectors.salesforce.transport import ForeignAnswer

DECISIVE = (
    ErrorOutcome.FULL,
    ErrorOutcome.SET_UP,
    ErrorOutcome.ACCESS,
    ErrorOutcome.RECORD,
    ErrorOutcome.TRANSACTION,
    ErrorOutcome.GONE,
    ErrorOutcome.TAKEN,
)
"""Of several errors of one row the first of these decides; what passes by itself comes last."""


@dataclass(frozen=True, slots=True)
class SalesforceFailure:
    """What Salesforce says of a row or of a whole call: the error that decides, and all words."""

    code: str
    message: str
    fields: tuple[str, ...] = ()
    rule: ErrorRule = UNKNOWN

    @property
    def outcome(self) -> ErrorOutcome:
        return self.rule.outcome

    @property
    def field(self) -> str | None:
        return self.fields[0] if self.fields else None

    def names(self, field: str) -> bool:
        """Tell whether it is about a field of the row."""
        return field in self.fields or field in self.message.replace(":", " ").split()

    def about(self, what: str) -> SalesforceFailure:
        """Say of what it speaks, where that is not the row itself."""
        return replace(self, message=f"{what}: {self.message}")

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class MissingObject(Misconfigured):
    """The org has no such object or key field, or hides it."""


def read_errors(
    errors: Sequence[Mapping[str, Any]], status: int | None = None
) -> SalesforceFailure:
    """Read all errors of a row (`statusCode`) or call (`errorCode`); the one that decides gives the
    code.
    """
    found = [_read_error(each, status) for each in errors or [{}]]
    first = min(found, key=_rank)
    others = [str(each) for each in found if each is not first]
    message = "; ".join((first.message, *others))
    fields = dict.fromkeys((*first.fields, *(name for each in found for name in each.fields)))
    return SalesforceFailure(first.code, message, tuple(fields), first.rule)


def misconfigured_error(failed: SalesforceFailure, place: str = "") -> Misconfigured:
    """Give the exception for set-up that is missing, with where to make it."""
    text = f"{place}: {failed}" if place else str(failed)
    kind = MissingObject if failed.code == "NOT_FOUND" else Misconfigured
    return kind(f"{text} → {failed.rule.remedy}" if failed.rule.remedy else text)


def answer_error(answer: ForeignAnswer, place: str, *, writes: bool = False) -> ConnectorError:
    """Give the exception for an answer that is no success. `place` names the call."""
    failed = failure_of(answer)
    return call_error(failed, place, answer.retry_after, writes=writes)


def failure_of(answer: ForeignAnswer) -> SalesforceFailure:
    """Read an answer: Salesforce's own error, or what it is instead."""
    body = answer.json()
    if answer.status == HTTPStatus.MULTIPLE_CHOICES and body is not None:
        return part_failure(answer.status, body)
    if isinstance(body, list) and body and isinstance(body[0], Mapping):
        return part_failure(answer.status, body)
    return SalesforceFailure(
        f"HTTP {answer.status}",
        describe_foreign_answer(answer),
        rule=rule_of(NOT_SALESFORCES, status=answer.status),
    )


def part_failure(status: int, body: Any) -> SalesforceFailure:
    """Read a part of a composite call, or the JSON of a whole one."""
    if status == HTTPStatus.MULTIPLE_CHOICES:
        return SalesforceFailure(
            "MULTIPLE_CHOICES", "several records have this key", rule=rule_of("MULTIPLE_CHOICES")
        )
    if isinstance(body, list) and body and isinstance(body[0], Mapping):
        return read_errors(body, status)
    rule = rule_of(NOT_SALESFORCES, status=status)
    return SalesforceFailure(
        f"HTTP {status}", "there is no error of Salesforce's own in the answer", rule=rule
    )


def call_error(
    failed: SalesforceFailure, place: str, retry_after: float | None = None, *, writes: bool = False
) -> ConnectorError:
    """Give the exception for a call that failed as a whole."""
    kind: type[Unavailable | Throttled]
    match failed.outcome:
        case ErrorOutcome.TIMED_OUT if writes:
            kind = TimedOut
        case ErrorOutcome.RETRY | ErrorOutcome.UNAVAILABLE | ErrorOutcome.TIMED_OUT:
            kind = Unavailable
        case ErrorOutcome.SLOW_DOWN:
            kind = Throttled
        case ErrorOutcome.FULL:
            return full_error(failed, retry_after)
        case ErrorOutcome.SET_UP | ErrorOutcome.ACCESS:
            return misconfigured_error(failed, place)
        case _:
            return BatchRefused(failed.code, failed.message, failed.field)
    return kind(f"{place}: {failed}", retry_after or failed.rule.wait)


def full_error(failed: SalesforceFailure, retry_after: float | None = None) -> Throttled:
    """Give the exception for an org that takes nothing more today."""
    text = f"{failed} → {failed.rule.remedy}" if failed.rule.remedy else str(failed)
    return Throttled(text, retry_after or failed.rule.wait, daily=True)


def describe_foreign_answer(answer: ForeignAnswer) -> str:
    """Say what an answer is that is not Salesforce's: a page, a redirect and where to."""
    if host := urlsplit(answer.headers.get("Location", "")).hostname:
        return f"it redirects to {host}; was My Domain renamed?"
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip() or "without a type"
    if answer.json() is None:
        return f"the answer is no JSON (HTTP {answer.status}, {kind})"
    return f"the answer is no error of Salesforce's own (HTTP {answer.status}, {kind})"


def _read_error(error: Mapping[str, Any], status: int | None) -> SalesforceFailure:
    code = str(error.get("statusCode") or error.get("errorCode") or "UNKNOWN")
    message = str(error.get("message") or "")
    fields = tuple(str(name) for name in error.get("fields") or ())
    return SalesforceFailure(code, message, fields, rule_of(code, message, status))


def _rank(failed: SalesforceFailure) -> int:
    return DECISIVE.index(failed.outcome) if failed.outcome in DECISIVE else len(DECISIVE)
