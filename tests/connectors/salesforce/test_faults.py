"""A fifth of all calls goes wrong, in every way; in the end everything is written once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from connectors.base import ConnectorError, Outcome, Record, Ref, Refused, Saved
from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import links, opened, orders, people
from tests.fakes.salesforce import FakeSalesforce

ORDERS = 1200


@dataclass
class Gateway:
    """Repeats what failed, as the gateway does: with the ids that it knows, and doubtful where an
    answer was lost.
    """

    salesforce: SalesforceConnector
    ids: dict[Ref, str] = field(default_factory=dict)
    linked: set[Ref] = field(default_factory=set)
    doubtful: bool = False
    refused: list[Refused] = field(default_factory=list)

    async def deliver(self, contacts: Sequence[Record], deals: Sequence[Record]) -> bool:
        """Write all of a batch that is not written yet; tell whether nothing is left."""
        try:
            await self._upsert(contacts)
            await self._upsert([deal for deal in deals if deal.links[0] in self.ids])
            await self._link(
                [deal for deal in deals if deal.ref in self.ids and deal.ref not in self.linked]
            )
        except ConnectorError:
            self.doubtful = True
        return all(deal.ref in self.linked for deal in deals)

    async def _upsert(self, records: Sequence[Record]) -> None:
        sent = [
            replace(record, id=self.ids.get(record.ref), doubtful=self.doubtful)
            for record in records
        ]
        if sent:
            self._learn(
                [record.ref for record in sent], await self.salesforce.upsert(sent[0].object, sent)
            )

    async def _link(self, deals: Sequence[Record]) -> None:
        pairs = links(
            deals,
            [self.ids[deal.ref] for deal in deals],
            [self.ids[deal.links[0]] for deal in deals],
            doubtful=self.doubtful,
        )
        if pairs:
            outcomes = await self.salesforce.link(pairs)
            self.linked |= {
                pair.source
                for pair, outcome in zip(pairs, outcomes, strict=True)
                if isinstance(outcome, Saved)
            }

    def _learn(self, refs: Sequence[Ref], outcomes: Sequence[Outcome]) -> None:
        for ref, outcome in zip(refs, outcomes, strict=True):
            if isinstance(outcome, Saved):
                self.ids[ref] = outcome.id
            elif isinstance(outcome, Refused):
                self.refused.append(outcome)


def batches(size: int) -> list[tuple[list[Record], list[Record]]]:
    return [
        (people(ORDERS)[start : start + size], orders(ORDERS)[start : start + size])
        for start in range(0, ORDERS, size)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fifth_of_all_calls_spoiled_loses_and_doubles_nothing(
    fake: FakeSalesforce, seed: int
) -> None:
    """503s, HTML, drops before and after the call took effect, locked rows, expired sessions: one
    of each record in the end.
    """
    fake.misbehave(0.2, seed)

    async def main() -> list[Gateway]:
        async with opened(fake) as salesforce:
            gateways = []
            for contacts, deals in batches(40):
                gateways.append(Gateway(salesforce))
                left = 25
                while left and not await gateways[-1].deliver(contacts, deals):
                    left -= 1
                assert left, "a batch does not come to its end"
            return gateways

    gateways = asyncio.run(main())
    fake.clear_faults()
    assert [gateway.refused for gateway in gateways] == [[]] * len(gateways)
    contacts, deals, roles = (
        fake.records(name) for name in ("Contact", "Opportunity", "OpportunityContactRole")
    )
    assert len(contacts) == len(deals) == len(roles) == ORDERS
    assert all(role["IsPrimary"] for role in roles)
    assert {role["OpportunityId"] for role in roles} == {deal["Id"] for deal in deals}
    assert fake.stats()["sign_ins"] < 10


def test_without_faults_an_order_costs_a_fiftieth_of_a_call(fake: FakeSalesforce) -> None:
    """Claim, contact, opportunity and role of 200 orders are four calls; two describe the
    objects.
    """

    async def main() -> None:
        async with opened(fake) as salesforce:
            for contacts, deals in batches(200):
                assert await Gateway(salesforce).deliver(contacts, deals)

    asyncio.run(main())
    assert fake.stats()["calls"] == 4 * ORDERS / 200 + 2
