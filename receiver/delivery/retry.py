"""Whether a lane that could not be written is tried again, when, and when it is given up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from connectors.base import Refused, Retry, Saved, Unavailable
from receiver.delivery.batch_splitter import NoAnswer, Verdict
from receiver.delivery.limits.backoff import LANE, bounded_wait
from receiver.inbox import ReadyLane

# before a lane is given up: the time alone may have passed while its connector was paused, or the
# clock was set
LEAST_TRIES = 3


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """When the lane is due again, None where it need not be. `counts`: this attempt is one of the
    lane's own; a fault of the call is the connector's, and a rule of its account nobody's.
    """

    at: datetime | None
    counts: bool


def worst_verdict(results: Iterable[Verdict]) -> Verdict:
    """What decides over a lane: a refusal, else a call without an answer, else the longest retry,
    else success.
    """
    found = [result for result in results if not isinstance(result, Saved)]
    if not found:
        return Saved("")
    refused = [result for result in found if isinstance(result, Refused)]
    unanswered = [result for result in found if isinstance(result, NoAnswer)]
    retries = [result for result in found if isinstance(result, Retry)]
    if refused:
        return refused[0]
    if unanswered:
        return max(unanswered, key=lambda result: (result.sent, result.after or 0))
    return max(retries, key=lambda result: result.after or 0)


def decide_retry(
    setback: Retry | NoAnswer | None, *, attempts: int, now: datetime, random: Random
) -> RetryDecision:
    """What follows from how a lane was set back, after so many failed attempts before this one."""
    if setback is None:
        return RetryDecision(None, counts=True)
    backoff = LANE.delay(attempts, random)
    match setback:
        case Retry(after=after, rule=rule):
            return RetryDecision(now + max(backoff, bounded_wait(after)), counts=rule is None)
        case NoAnswer(fault=Unavailable() as fault, alone=True, after=after):
            wait = max(backoff, bounded_wait(fault.retry_after), bounded_wait(after))
            return RetryDecision(now + wait, counts=True)
        case NoAnswer(after=after):
            return RetryDecision(now + bounded_wait(after), counts=False)


def patience(setback: Retry | NoAnswer | None, give_up: timedelta) -> timedelta:
    """How long a lane may fail: as configured, or shorter where the connector says so."""
    if isinstance(setback, Retry) and setback.give_up_after is not None:
        return min(give_up, timedelta(seconds=setback.give_up_after))
    return give_up


def is_given_up(lane: ReadyLane, give_up: timedelta, now: datetime) -> bool:
    """Whether a lane whose attempt has failed once more has failed for too long."""
    failing = lane.failing_since
    return bool(failing and now - failing > give_up and lane.attempts + 1 >= LEAST_TRIES)
