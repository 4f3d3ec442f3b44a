"""The bucket that every call of a CRM is drawn from."""

from __future__ import annotations

import asyncio

import pytest

from connectors.base import RateLimit
from receiver.delivery.limits.rate_limiter import (
    RateLimiter,
    delivering,
    drain_bucket,
    refill_bucket,
)

LIMIT = RateLimit(calls=100, seconds=10)


class Clock:
    time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.mark.parametrize(
    "limit",
    [
        LIMIT,
        RateLimit(calls=1, seconds=5),
        RateLimit(calls=190, seconds=10),
        RateLimit(calls=7, seconds=0.5),
    ],
)
def test_no_period_sees_more_calls_than_are_allowed(limit: RateLimit) -> None:
    """However greedily calls are made, any window of the limit's length holds at most its calls,
    and nearly as many.
    """
    now, level = 0.0, None
    times: list[float] = []
    while len(times) < 5 * limit.calls:
        level, wait = drain_bucket(level, 1, limit)
        if wait > 0:
            now, level = now + wait, refill_bucket(level, wait, limit)
        else:
            times.append(now)
    for start in times:
        assert sum(start <= time < start + limit.seconds - 1e-3 for time in times) <= limit.calls
    rate = (len(times) - 1) / times[-1]
    assert rate > 0.9 * limit.calls / limit.seconds or limit.calls < 10


def test_a_bucket_that_nobody_knows_begins_empty() -> None:
    """A leader that took over from a dead one does not let a second burst through."""
    clock = Clock()
    limiter = RateLimiter(LIMIT, clock=clock)
    assert limiter.level() is None
    limiter.start(None)
    assert limiter.level() == 0
    clock.time += 1
    assert limiter.level() == 5


def test_a_bucket_goes_on_where_it_was_given_back() -> None:
    """What its last leader left."""
    clock = Clock()
    limiter = RateLimiter(LIMIT, clock=clock)
    limiter.start(3.5)
    assert limiter.level() == 3.5


def test_a_learned_limit_never_lifts_the_configured_one() -> None:
    """The lower of the two is in force."""

    async def main() -> None:
        limiter = RateLimiter(LIMIT)
        await limiter.learn(RateLimit(calls=190, seconds=10))
        assert limiter.limit == LIMIT
        await limiter.learn(RateLimit(calls=50, seconds=10))
        assert limiter.limit == RateLimit(calls=50, seconds=10)

    asyncio.run(main())


def test_before_a_call_its_leadership_is_asked_after_the_wait() -> None:
    """Who has waited for a turn may have lost the lead meanwhile; and such a call is not
    counted.
    """

    async def main() -> None:
        limiter = RateLimiter()

        async def lost() -> None:
            raise ConnectionError

        await limiter.take()
        limiter.before_call = lost
        await limiter.take()  # an operator's call needs no lead
        delivering.set(True)
        with pytest.raises(ConnectionError):
            await limiter.take()
        assert (limiter.calls, limiter.waiting) == (2, 0)

    asyncio.run(main())


def test_the_pace_is_that_of_the_last_seconds() -> None:
    """Calls of long ago count no more."""
    clock = Clock()

    async def main() -> None:
        limiter = RateLimiter(clock=clock)
        for _ in range(20):
            clock.time += 0.5
            await limiter.take()
        assert 1.7 <= limiter.per_second() <= 2
        clock.time += 11
        assert limiter.per_second() == 0

    asyncio.run(main())
