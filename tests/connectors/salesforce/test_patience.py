"""An org that can't be written to is looked at often at first, then rarely, and is written to as soon as a look shows it mended."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from connectors.base import Misconfigured
from tests.connectors.salesforce.opening import Clock, ids, opened, order, person
from tests.fakes.salesforce import FakeSalesforce

PROBE = timedelta(seconds=40)  # how often the gateway asks


def test_a_lost_field_costs_few_calls_however_long_it_is_lost(fake: FakeSalesforce) -> None:
    """An hour of looking each time, then every five minutes: of a day's calls a small part, though contacts go before deals."""
    clock = Clock()
    fake.remove_field("Opportunity", "AOM_Order_Status__c")

    async def main() -> None:
        async with opened(fake, clock=clock) as salesforce:

            async def probe(times: int) -> int:
                fake.forget()
                for _ in range(times):
                    clock.time += PROBE
                    with pytest.raises(Misconfigured, match="AOM_Order_Status__c"):
                        await both()
                return fake.stats()["calls"]

            async def both() -> list[str]:
                ids(await salesforce.upsert("contact", [person()]))
                return ids(await salesforce.upsert("deal", [order(AOM_Order_Status__c="COMPLETED")]))

            assert await probe(1) > 1
            assert await probe(89) >= 2 * 89
            assert await probe(90) <= 3 * 13
            fake.add_field("Opportunity", name="AOM_Order_Status__c")
            clock.time += timedelta(minutes=5)
            assert len(await both()) == 1
            assert len(await both()) == 1

    asyncio.run(main())
