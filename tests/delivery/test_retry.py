"""What decides whether a lane is tried again, when, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from connectors.base import AuthFailed, Retry, Throttled, Unavailable
from receiver.delivery.batch_splitter import NoAnswer
from receiver.delivery.retry import (
    LEAST_TRIES,
    RetryDecision,
    decide_retry,
    is_given_up,
    patience,
)
from receiver.inbox import ReadyLane

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def decide(setback: Retry | NoAnswer | None, attempts: int = 0) -> RetryDecision:
    return decide_retry(setback, attempts=attempts, now=NOW, random=Random(1))


def seconds_to(decision: RetryDecision) -> float:
    assert decision.at is not None
    return (decision.at - NOW).total_seconds()


def failing_lane(since: datetime | None, attempts: int) -> ReadyLane:
    return ReadyLane(1, "crm", "ann@example.com", 1, attempts, since, ())


def test_what_was_not_set_back_is_not_tried_again() -> None:
    """Without a setback there is nothing to come back for."""
    assert decide(None) == RetryDecision(None, counts=True)


def test_a_row_that_must_wait_backs_off_and_counts() -> None:
    """What a CRM says of a row counts against the lane, and the delay grows with its attempts."""
    first, later = decide(Retry("locked")), decide(Retry("locked"), attempts=8)
    assert first.counts
    assert later.counts
    assert 0 < seconds_to(first) <= 5 < seconds_to(later)


def test_the_wait_that_a_crm_asks_for_is_kept() -> None:
    """A CRM that asks for a longer wait than the backoff gets it."""
    assert seconds_to(decide(Retry("locked", after=7200))) == 7200


def test_a_rule_of_the_account_counts_against_nobody() -> None:
    """What a rule holds back is tried again for as long as the rule stands."""
    assert not decide(Retry("demands a city", rule="city")).counts


@pytest.mark.parametrize("fault", [AuthFailed("no"), Throttled("slow", 3), Unavailable("down")])
def test_a_fault_of_the_call_is_not_the_lanes(fault: AuthFailed | Throttled | Unavailable) -> None:
    """A call that failed as a whole says nothing of the lane: it is due again at once, and the
    connector's breaker decides when.
    """
    assert decide(NoAnswer(fault, sent=True)) == RetryDecision(NOW, counts=False)


def test_a_call_that_may_be_under_way_is_waited_for() -> None:
    """Rows of a call that timed out are not sent again before the CRM is through with it."""
    decision = decide(NoAnswer(Unavailable("timed out"), sent=True, after=120))
    assert decision == RetryDecision(NOW + timedelta(seconds=120), counts=False)


def test_what_fails_alone_while_others_pass_counts() -> None:
    """A row that stood alone in a call that failed while others went well is to blame for it."""
    decision = decide(NoAnswer(Unavailable("500", retry_after=600), sent=True, alone=True))
    assert decision.counts
    assert seconds_to(decision) == 600


def test_a_connector_shortens_the_patience() -> None:
    """A connector may say that something is not waited for as long as configured, never longer."""
    assert patience(Retry("parent", give_up_after=60), DAY) == timedelta(seconds=60)
    assert patience(Retry("parent", give_up_after=1e9), DAY) == DAY
    assert patience(Retry("parent"), DAY) == DAY
    assert patience(None, DAY) == DAY


@pytest.mark.parametrize(
    ("since", "attempts", "given_up"),
    [
        (NOW - 2 * DAY, LEAST_TRIES - 1, True),
        (NOW - 2 * DAY, LEAST_TRIES - 2, False),
        (NOW - DAY, LEAST_TRIES - 1, False),
        (None, LEAST_TRIES, False),
    ],
)
def test_a_lane_is_given_up_after_time_and_tries(
    since: datetime | None, attempts: int, given_up: bool
) -> None:
    """Only what has failed for longer than the limit and was tried often enough is given up."""
    assert is_given_up(failing_lane(since, attempts), DAY, NOW) is given_up
