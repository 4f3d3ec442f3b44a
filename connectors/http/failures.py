"""From an answer that is no success to what `connectors.base` calls it, by one table.

ConnectorError
├── BatchRefused
│   └── CallRefused     something in the call is refused; `outcome` is that of a record alone
│       ├── RecordGone  the record of this id was deleted: write it by its key
│       └── KeyTaken    another record holds a unique value: look for it
└── Unavailable
└── CallDeferred    not now: a lock, a rule of the account; `outcome` as above
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import (
    AuthFailed,
    BatchRefused,
    ConnectorError,
    Misconfigured,
    Outcome,
    Refused,
    Retry,
    Throttled,
    TimedOut,
    Unavailable,
)
from connectors.error_rules import ErrorOutcome, ErrorRule, error_rule, find_rule

NOT_JSON = "NOT_JSON"
"""Stands in for the code of an answer that is not the CRM's: of a proxy, an edge, a page."""

ONE_RECORD = "ONE_RECORD"
"""Is among the codes where the call's path ends in the id of a record."""

LONGEST = 500  # characters of a message: some CRMs list all options that they know

_O = ErrorOutcome
_ADDRESS = "is base_url right, and does no proxy answer instead?"
HTTP_RULES = (
    error_rule(_O.CREDENTIALS, statuses=[401], remedy="see the credentials in the configuration"),
    error_rule(_O.SLOW_DOWN, statuses=[429]),
    error_rule(_O.SET_UP, statuses=range(300, 400), remedy=_ADDRESS),
    error_rule(_O.RECORD, statuses=[413, 414, 431]),  # smaller calls may do
    # whoever waited for the CRM gave up: it may be writing still
    error_rule(_O.TIMED_OUT, statuses=[408, 504, 524]),
    error_rule(_O.SET_UP, statuses=[405, 501], remedy=_ADDRESS),
    error_rule(_O.UNAVAILABLE, statuses=[423, 425, *range(500, 600)]),
    error_rule(_O.SET_UP, NOT_JSON, statuses=[404, 410], remedy=_ADDRESS),
    error_rule(_O.SET_UP, NOT_JSON, statuses=[402, 403, 407], remedy=_ADDRESS),
    error_rule(_O.UNAVAILABLE, NOT_JSON),
    error_rule(
        _O.SET_UP, statuses=[402, 403], remedy="see what the credentials permit, and the plan"
    ),
    error_rule(_O.GONE, ONE_RECORD, statuses=[404, 410]),
    error_rule(_O.SET_UP, statuses=[404, 410], remedy=_ADDRESS),
    error_rule(_O.APART, statuses=[409]),
    error_rule(_O.RECORD, statuses=[400, 422]),
)
"""What HTTP itself says. Sources: RFC 9110, RFC 6585; 524 is Cloudflare's."""

UNKNOWN = error_rule(_O.RETRY)  # a code that nobody knows is no reason to give a record up

_CODES = ("code", "errorCode", "error_code", "errorType", "type", "category", "error")
_MESSAGES = ("message", "error_description", "error_message", "detail", "title", "error")
_FIELDS = ("field", "property", "parameter", "propertyName", "param")
_NESTED = ("error", "errors", "details")


@dataclass(frozen=True, slots=True)
class HttpFailure:
    """One failure, of a call or of a record in it, as the CRM tells it."""

    status: int  # of HTTP; 0 for a record in a call that went through
    codes: tuple[str, ...]  # what the table of errors looks at, the most telling first
    message: str
    field: str | None = None

    @property
    def code(self) -> str:
        own = (code for code in self.codes if code not in (NOT_JSON, ONE_RECORD))
        return next(own, f"HTTP_{self.status}" if self.status else "UNKNOWN")

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class CallRefused(BatchRefused):
    """The CRM refuses the call for something in it; `outcome` is for a record that was alone."""

    def __init__(self, failure: HttpFailure, outcome: Outcome) -> None:
        super().__init__(failure.code, failure.message, failure.field)
        self.failure = failure
        self.outcome = outcome


class RecordGone(CallRefused):
    """The record of this id was deleted, or merged into another: write it by its key."""


class KeyTaken(CallRefused):
    """Another record holds a value that is unique: look for it by the key, or refuse."""


class CallDeferred(Unavailable):
    """The CRM puts the call off, for a lock or for a rule of the account; `outcome` is for a record
    that was alone.
    """

    def __init__(self, failure: HttpFailure, outcome: Retry) -> None:
        super().__init__(str(failure), outcome.after)
        self.failure = failure
        self.outcome = outcome


def read_failure(status: int, data: Any) -> HttpFailure:
    """Read the body of a failed call by the names that most APIs use (RFC 9457 among them).

    A connector whose CRM words it otherwise brings its own function of this shape. `data` is None
    where the body is no JSON.
    """
    found = list(_objects(data))
    return HttpFailure(
        status,
        tuple(dict.fromkeys(_named_texts(found, _CODES))),
        "; ".join(dict.fromkeys(_named_texts(found, _MESSAGES))) or _no_words(status),
        next(_named_texts(found, _FIELDS), None),
    )


def failure_error(
    failure: HttpFailure,
    rules: Sequence[ErrorRule],
    place: str,
    *,
    writes: bool,
    retry_after: float | None = None,
) -> ConnectorError:
    """Make what a failed call raises, by the first rule that fits. `place` names the call."""
    rule = find_rule(rules, failure.codes, failure.status, failure.message) or UNKNOWN
    wait = retry_after if retry_after is not None else rule.wait
    said = f"{place}: {failure}" + (f" → {rule.remedy}" if rule.remedy else "")
    return _error_of_all(rule, said, wait, writes=writes) or _error_of_some(failure, rule, wait)


def failure_outcome(failure: HttpFailure, rules: Sequence[ErrorRule]) -> Outcome:
    """Say what becomes of one record that failed in a call that went through.

    Raises what concerns all records.
    """
    error = failure_error(failure, rules, "a record of the call", writes=True)
    if isinstance(error, CallRefused | CallDeferred):
        return error.outcome
    raise error


def _error_of_all(
    rule: ErrorRule, said: str, wait: float | None, *, writes: bool
) -> ConnectorError | None:
    """Make the error that concerns every record; None where the failure is not of that kind."""
    match rule.outcome:
        case _O.CREDENTIALS:
            return AuthFailed(f"the credentials are refused: {said}")
        case _O.SET_UP | _O.ACCESS:
            return Misconfigured(said)
        case _O.SLOW_DOWN | _O.FULL:
            return Throttled(said, wait, daily=rule.outcome is _O.FULL)
        case _O.UNAVAILABLE | _O.TIMED_OUT:
            late = writes and rule.outcome is _O.TIMED_OUT
            return (TimedOut if late else Unavailable)(said, wait)
    return None


def _error_of_some(failure: HttpFailure, rule: ErrorRule, wait: float | None) -> ConnectorError:
    """Make the error that concerns some record of the call."""
    match rule.outcome:
        case _O.RETRY | _O.ACCOUNT_RULE:
            return CallDeferred(failure, _later(failure, rule, wait))
        case _O.APART:
            return CallRefused(failure, _later(failure, rule, wait))
        case _O.GONE:
            return RecordGone(failure, _refused_record(failure))
        case _O.TAKEN:
            return KeyTaken(failure, _refused_record(failure))
        case outcome:
            refused = _refused_record(failure, transaction=outcome is _O.TRANSACTION)
            return CallRefused(failure, refused)


def _later(failure: HttpFailure, rule: ErrorRule, wait: float | None) -> Retry:
    words = str(failure) if rule.outcome is _O.ACCOUNT_RULE else None
    return Retry(str(failure), wait, rule=words, give_up_after=rule.give_up_after)


def _refused_record(failure: HttpFailure, *, transaction: bool = False) -> Refused:
    return Refused(failure.code, failure.message, failure.field, transaction)


def _no_words(status: int) -> str:
    return f"HTTP {status}" if status else "no reason is given"


def _objects(data: Any) -> Iterator[Mapping[str, Any]]:
    """Go through the objects in which an API may tell what is wrong, the innermost first."""
    if isinstance(data, list):
        for item in data:
            yield from _objects(item)
    elif isinstance(data, dict):
        for name in _NESTED:
            yield from _objects(data.get(name))
        yield data


def _named_texts(found: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[str]:
    """Give of each object the first of these that is a text, or a number."""
    for item in found:
        values = (item.get(name) for name in names)
        words = (one for one in values if isinstance(one, str | int) and one not in ("", True))
        if (first := next(words, None)) is not None:
            yield str(first)[:LONGEST]
