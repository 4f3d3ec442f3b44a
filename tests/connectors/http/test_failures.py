"""From a CRM's words to what helps."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import (
    AuthFailed,
    BatchRefused,
    Misconfigured,
    Refused,
    Retry,
    Throttled,
    TimedOut,
    Unavailable,
)
from connectors.error_rules import ErrorOutcome, error_rule
from connectors.http import (
    HTTP_RULES,
    CallDeferred,
    CallRefused,
    HttpFailure,
    KeyTaken,
    RecordGone,
    read_failure,
)
from connectors.http.failures import failure_error, failure_outcome

BAD = Refused("CODE", "words", "email")


@pytest.mark.parametrize(
    ("data", "code", "message", "field"),
    [
        (None, "HTTP_400", "HTTP 400", None),
        ("text", "HTTP_400", "HTTP 400", None),
        ({}, "HTTP_400", "HTTP 400", None),
        ({"code": 17, "message": "no"}, "17", "no", None),
        ({"success": False, "error": "Deal not found"}, "Deal not found", "Deal not found", None),
        ({"error": "invalid_grant", "error_description": "old"}, "invalid_grant", "old", None),
        ([{"errorCode": "BAD", "message": "a"}, {"message": "b"}], "BAD", "a; b", None),
        ({"error": {"code": "X", "message": "y", "param": "email"}}, "X", "y", "email"),
        ({"errors": [{"code": "X", "field": "f"}], "message": "all"}, "X", "all", "f"),
        (
            {"type": "https://crm.test/bad", "title": "Bad", "detail": "no name"},
            "https://crm.test/bad",
            "no name",
            None,
        ),
    ],
)
def test_the_usual_shapes_are_read(data: Any, code: str, message: str, field: str | None) -> None:
    """The innermost code is the most telling."""
    found = read_failure(400, data)
    assert (found.code, found.message, found.field) == (code, message, field)


@pytest.mark.parametrize(
    ("outcome", "kind", "alone"),
    [
        (ErrorOutcome.RETRY, CallDeferred, Retry("CODE: words", 5)),
        (ErrorOutcome.APART, CallRefused, Retry("CODE: words", 5)),
        (ErrorOutcome.ACCOUNT_RULE, CallDeferred, Retry("CODE: words", 5, "CODE: words")),
        (ErrorOutcome.TRANSACTION, CallRefused, Refused("CODE", "words", "email", True)),
        (ErrorOutcome.RECORD, CallRefused, BAD),
        (ErrorOutcome.GONE, RecordGone, BAD),
        (ErrorOutcome.TAKEN, KeyTaken, BAD),
        (ErrorOutcome.UNAVAILABLE, Unavailable, None),
        (ErrorOutcome.TIMED_OUT, TimedOut, None),
        (ErrorOutcome.SLOW_DOWN, Throttled, None),
        (ErrorOutcome.FULL, Throttled, None),
        (ErrorOutcome.CREDENTIALS, AuthFailed, None),
        (ErrorOutcome.SET_UP, Misconfigured, None),
        (ErrorOutcome.ACCESS, Misconfigured, None),
    ],
)
def test_each_outcome_of_the_table_has_its_error(
    outcome: ErrorOutcome, kind: type[Exception], alone: Any
) -> None:
    """With what a record would be told that was alone in the call, and with what helps."""
    rule = error_rule(outcome, "CODE", remedy="mend it", wait=5)
    failure = HttpFailure(400, ("CODE",), "words", "email")
    error = failure_error(failure, (rule, *HTTP_RULES), "POST x", writes=True)
    assert type(error) is kind
    if isinstance(error, CallRefused | CallDeferred):
        assert error.outcome == alone
    else:
        assert alone is None
        assert str(error).endswith("POST x: CODE: words → mend it")
    if isinstance(error, BatchRefused):
        assert error.refusal == BAD
    if isinstance(error, Throttled | Unavailable):
        assert error.retry_after == 5
    assert (isinstance(error, Throttled) and error.daily) is (outcome is ErrorOutcome.FULL)


def test_what_the_crm_says_of_waiting_counts_before_the_table() -> None:
    """Its seconds are for this very moment."""
    rule = error_rule(ErrorOutcome.SLOW_DOWN, statuses=[429], wait=60)
    failure = HttpFailure(429, (), "slow down")
    error = failure_error(failure, (rule,), "POST x", writes=True, retry_after=0.0)
    assert isinstance(error, Throttled)
    assert error.retry_after == 0


def test_the_connectors_own_rules_come_first() -> None:
    """A CRM may say with a 400 what others say with a 401."""
    own = error_rule(ErrorOutcome.CREDENTIALS, "BAD_TOKEN")
    failure = HttpFailure(400, ("BAD_TOKEN",), "no")
    assert type(failure_error(failure, (own, *HTTP_RULES), "x", writes=True)) is AuthFailed
    assert type(failure_error(failure, HTTP_RULES, "x", writes=True)) is CallRefused


def test_a_record_in_a_call_that_went_through_has_its_own_outcome() -> None:
    """By the same table; what concerns all is raised, and a code that nobody knows is tried
    again.
    """
    own = (
        error_rule(ErrorOutcome.RECORD, "BAD"),
        error_rule(ErrorOutcome.SET_UP, "NO_FIELD", remedy="make it"),
    )
    rules = (*own, *HTTP_RULES)
    bad = read_failure(0, {"code": "BAD", "message": "no address", "field": "email"})
    assert failure_outcome(bad, rules) == Refused("BAD", "no address", "email")
    assert failure_outcome(read_failure(0, {"code": "NEW"}), rules) == Retry(
        "NEW: no reason is given"
    )
    assert failure_outcome(read_failure(0, None), rules) == Retry("UNKNOWN: no reason is given")
    with pytest.raises(Misconfigured, match="NO_FIELD: no reason is given → make it"):
        failure_outcome(read_failure(0, {"code": "NO_FIELD"}), rules)
