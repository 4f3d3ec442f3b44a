"""The org's API calls of a day are not used up."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from connectors.base import Throttled
from connectors.salesforce.allowance import DailyAllowance
from tests.connectors.salesforce.opening import Clock, ids, opened, people, person, run
from tests.fakes.salesforce import FakeSalesforce


def test_the_reserve_is_left_to_others(fake: FakeSalesforce) -> None:
    """At the configured share of the day the connector stops by itself, without a further call."""
    fake.configure(max_calls=10)

    async def main() -> None:
        async with opened(fake, daily_share=0.5, clock=Clock()) as salesforce:
            await salesforce.upsert("contact", people(1))  # describe, query, write
            await salesforce.upsert("contact", people(1))
            with pytest.raises(Throttled, match="5 of the org's 10 API calls") as raised:
                await salesforce.upsert("contact", people(1))
            assert (raised.value.daily, raised.value.retry_after) == (True, 900)

    asyncio.run(main())
    assert fake.stats()["calls"] == 5


def test_it_looks_again_and_goes_on_when_there_is_room(fake: FakeSalesforce) -> None:
    """The day is the last 24 hours: once in a quarter of an hour one call finds out, and only
    one.
    """
    clock = Clock()
    fake.configure(max_calls=4)

    async def main() -> None:
        async with opened(fake, daily_share=0.5, clock=clock) as salesforce:
            with pytest.raises(Throttled):
                await salesforce.upsert("contact", people(1))
            clock.time += timedelta(minutes=10)
            with pytest.raises(Throttled) as raised:
                await salesforce.upsert("contact", people(1))
            assert raised.value.retry_after == 300
            clock.time += timedelta(minutes=5)
            fake.configure(max_calls=1000)
            assert len(ids(await salesforce.upsert("contact", people(1)))) == 1

    asyncio.run(main())


def test_of_many_one_looks_again() -> None:
    """The others wait for what it finds."""
    start = Clock().time
    allowance = DailyAllowance(0.5)
    allowance.check(start)
    allowance.note("api-usage=50/100", start)
    for minutes, passes in (
        (0, False),
        (14, False),
        (15, True),
        (15, False),
        (29, False),
        (30, True),
    ):
        try:
            allowance.check(start + timedelta(minutes=minutes))
        except Throttled:
            assert not passes, minutes
        else:
            assert passes, minutes


def test_a_day_that_is_used_up_is_said_so(fake: FakeSalesforce) -> None:
    """By other programs, before the connector could know: Throttled for the day, not for a
    moment.
    """
    fake.configure(max_calls=0)
    with pytest.raises(Throttled, match="TotalRequests") as raised:
        run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))
    assert raised.value.daily
    assert raised.value.retry_after == 900


def test_an_apps_own_limit_counts_too(fake: FakeSalesforce) -> None:
    """Where the org limits the app, the tighter of the two holds."""
    usage = {"Sforce-Limit-Info": "api-usage=5/15000; per-app-api-usage=95/100(appName=gateway)"}
    fake.fault(
        "PATCH",
        status=200,
        body=[{"id": "003000000000001AAA", "success": True, "created": True, "errors": []}],
        headers=usage,
    )

    async def main() -> None:
        async with opened(fake) as salesforce:
            await salesforce.upsert("contact", people(1))
            with pytest.raises(Throttled, match="95 of the org's 100"):
                await salesforce.upsert("contact", people(1))

    asyncio.run(main())
