"""The first rule that fits an error counts."""

from __future__ import annotations

import pytest

from connectors.error_rules import ErrorOutcome, error_rule, find_rule

LOCK = error_rule(ErrorOutcome.RETRY, words=["Please Try Again"])
THROTTLE = error_rule(ErrorOutcome.SLOW_DOWN, statuses=[429], wait=1)
DAILY = error_rule(ErrorOutcome.FULL, "LIMIT", statuses=[403], words=["total"])
ROW = error_rule(ErrorOutcome.RECORD, "INVALID", "LIMIT")
TABLE = (LOCK, THROTTLE, DAILY, ROW)


@pytest.mark.parametrize(
    ("codes", "status", "message", "found"),
    [
        (["INVALID"], 400, "no e-mail", ROW),
        (["INVALID"], 400, "locked: please try again.", LOCK),
        ([], 429, "", THROTTLE),
        (["LIMIT"], 403, "Total calls", DAILY),
        (["LIMIT"], 403, "concurrent calls", ROW),
        (["LIMIT"], None, "total", ROW),
        (["NEW"], 400, "", None),
    ],
)
def test_all_that_a_rule_says_must_fit(
    codes: list[str], status: int | None, message: str, found: object
) -> None:
    """A rule is about its codes, its statuses and its words together, whatever the case of the
    words.
    """
    assert find_rule(TABLE, codes, status, message) is found
