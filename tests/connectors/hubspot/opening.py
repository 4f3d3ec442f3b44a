"""Opens a connector on a fake HubSpot for a test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from connectors.base import CallGate, Context, Link, Outcome, Record, Ref, Saved, Value
from connectors.hubspot import HubSpotConnector, HubSpotSettings
from connectors.testing import Gate
from tests.fakes.hubspot import FakeHubSpot

T = TypeVar("T")

DEAL: dict[str, Value] = {
    "dealname": "Order 19",
    "dealstage": "closedwon",
    "amount": Decimal("220.00"),
}


def on(
    hubspot: FakeHubSpot,
    use: Callable[[HubSpotConnector], Awaitable[T]],
    *,
    timeout: float = 30,
    calls: CallGate | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    **settings: Any,
) -> T:
    """Open a connector on this account, use it, close it."""

    async def main() -> T:
        given = {
            "type": "hubspot",
            "access_token": hubspot.token,
            "base_url": hubspot.url,
            **settings,
        }
        context = Context("hubspot", calls or Gate(), Path(), timeout, now)
        crm = HubSpotConnector.open(HubSpotSettings(**given), context)
        try:
            return await use(crm)
        finally:
            await crm.aclose()

    return asyncio.run(main())


def upsert(hubspot: FakeHubSpot, *records: Record, **how: Any) -> list[Outcome]:
    async def use(crm: HubSpotConnector) -> list[Outcome]:
        return list(await crm.upsert(records[0].object, records))

    return on(hubspot, use, **how)


def link(hubspot: FakeHubSpot, *pairs: Link, **how: Any) -> list[Outcome]:
    async def use(crm: HubSpotConnector) -> list[Outcome]:
        return list(await crm.link(pairs))

    return on(hubspot, use, **how)


def contact(name: str, **fields: Value) -> Record:
    return Record("contact", f"{name}@example.test", fields or {"firstname": "Ada"})


def deal(number: int, **fields: Value) -> Record:
    return Record("deal", f"springfield-{number}", {**DEAL, **fields})


def ids(outcomes: list[Outcome]) -> list[str]:
    """Give the ids of outcomes that are all Saved."""
    saved = [outcome for outcome in outcomes if isinstance(outcome, Saved)]
    assert len(saved) == len(outcomes), outcomes
    return [outcome.id for outcome in saved]


def tie(deal_id: str, contact_id: str) -> Link:
    return Link(Ref("deal", f"d-{deal_id}"), Ref("contact", f"c-{contact_id}"), deal_id, contact_id)
