"""The token bucket: no more calls in any period than are allowed, over all processes and restarts, and hardly fewer."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import RateLimit
from receiver.inbox import Inbox
from receiver.inbox.rate import drain
from tests.inbox.store import NOW, open_inbox, seconds, stored

HUBSPOT = RateLimit(calls=190, seconds=10)


@given(st.integers(1, 120), st.floats(0.5, 60), st.dictionaries(st.integers(0, 250), st.floats(0, 2), max_size=4))
def test_no_period_sees_more_calls_than_allowed(calls: int, period: float, idle: dict[int, float]) -> None:
    """Whoever takes as many as he gets, with idle times in between: in any period at most so many calls."""
    limit = RateLimit(calls=calls, seconds=period)
    span = round(period * 1_000_000)
    tokens: float | None = None
    filled: int | None = None
    now = 0
    taken: list[int] = []
    while len(taken) < 2 * calls + 10:
        tokens, delay = drain(tokens, filled, calls=1, limit=limit, now=now)
        filled = now
        if delay == 0.0:
            now += round(idle.get(len(taken), 0) * span)
            taken.append(filled)
        now += round(delay * 1_000_000)
    rounding = 2 * calls  # a microsecond for each time that was waited
    for first, beyond in zip(taken, taken[calls:], strict=False):
        assert beyond - first >= span - rounding


@pytest.mark.parametrize("limit", [HUBSPOT, RateLimit(calls=100, seconds=10), RateLimit(calls=5, seconds=1), RateLimit(calls=1, seconds=7)])
def test_a_backlog_uses_what_is_allowed(limit: RateLimit) -> None:
    """Whoever asks all the time gets at least 95 % of the allowance."""
    tokens: float | None = None
    filled: int | None = None
    now = taken = 0
    end = round(100 * limit.seconds * 1_000_000)
    while now < end:
        tokens, delay = drain(tokens, filled, calls=1, limit=limit, now=now)
        filled = now
        taken += delay == 0.0
        now += round(delay * 1_000_000)
    assert 0.95 * 100 * limit.calls <= taken <= 100 * limit.calls + limit.calls


@stored
async def test_waiting_for_a_call(inbox: Inbox) -> None:
    """A bucket that is empty names the time to wait; asking again after it succeeds."""
    limit = RateLimit(calls=2, seconds=10)
    assert await inbox.take("crm", 1, limit=limit, now=NOW) == 0.0
    assert await inbox.take("crm", 1, limit=limit, now=NOW) == pytest.approx(5.0)
    assert await inbox.take("crm", 1, limit=limit, now=NOW + seconds(2)) == pytest.approx(3.0)
    assert await inbox.take("other", 1, limit=limit, now=NOW) == 0.0
    assert await inbox.take("crm", 1, limit=limit, now=NOW + seconds(5)) == 0.0


@stored
async def test_more_calls_than_the_bucket_holds(inbox: Inbox) -> None:
    """Are allowed when it is full, and paid back."""
    limit = RateLimit(calls=10, seconds=10)
    assert await inbox.take("crm", 5, limit=limit, now=NOW) == 0.0
    assert await inbox.take("crm", 1, limit=limit, now=NOW) == pytest.approx(5.0)


@stored
async def test_many_at_once_share_one_bucket(inbox: Inbox) -> None:
    """However many ask in the same moment, only what the bucket holds is given."""
    answers = await asyncio.gather(*(inbox.take("crm", 1, limit=HUBSPOT, now=NOW) for _ in range(60)))
    assert sum(answer == 0.0 for answer in answers) == 190 // 20


def test_processes_share_one_bucket(postgresql_url: str) -> None:
    """Two gateways together get what one would."""

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as other:
            answers = await asyncio.gather(*(inbox.take("crm", 1, limit=HUBSPOT, now=NOW) for inbox in [one, other] * 30))
            assert sum(answer == 0.0 for answer in answers) == 190 // 20

    asyncio.run(main())


def test_a_restart_does_not_refill_the_bucket(store_url: str) -> None:
    """What was used before counts."""
    limit = RateLimit(calls=1, seconds=60)

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            assert await inbox.take("crm", 1, limit=limit, now=NOW) == 0.0
        async with open_inbox(store_url) as inbox:
            assert await inbox.take("crm", 1, limit=limit, now=NOW + seconds(1)) == pytest.approx(59.0)

    asyncio.run(main())


@stored
async def test_a_clock_that_is_behind_takes_nothing_back(inbox: Inbox) -> None:
    """A process whose clock is some seconds slow neither fills nor empties the bucket by it."""
    limit = RateLimit(calls=2, seconds=10)
    assert await inbox.take("crm", 1, limit=limit, now=NOW) == 0.0
    assert await inbox.take("crm", 1, limit=limit, now=NOW - seconds(4)) == pytest.approx(5.0)
    assert await inbox.take("crm", 1, limit=limit, now=NOW + seconds(1)) == pytest.approx(4.0)
    assert await inbox.take("crm", 1, limit=limit, now=NOW + seconds(5)) == 0.0


@stored
async def test_a_clock_that_was_set_back(inbox: Inbox) -> None:
    """The bucket fills from the new time on, and not only from when the clock has caught up."""
    limit = RateLimit(calls=2, seconds=10)
    before = NOW - timedelta(hours=1)
    assert await inbox.take("crm", 1, limit=limit, now=NOW) == 0.0
    assert await inbox.take("crm", 1, limit=limit, now=before) == pytest.approx(5.0)
    assert await inbox.take("crm", 1, limit=limit, now=before + seconds(5)) == 0.0
    assert await inbox.take("crm", 1, limit=limit, now=before + seconds(5)) == pytest.approx(5.0)
