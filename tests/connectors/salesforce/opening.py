"""Opens Salesforce connectors on a fake, and makes records for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from connectors.base import Context, Link, Outcome, Record, Ref, Refused, Saved, Value
from connectors.salesforce import SalesforceConnector
from connectors.salesforce.api import SalesforceApi
from connectors.salesforce.objects import ObjectCache, SObject
from connectors.salesforce.settings import SalesforceSettings
from connectors.testing import Gate
from tests.fakes.salesforce import FakeSalesforce

T = TypeVar("T")

ADMIN_TOKEN = "00D000000000001AAA!admin"


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


def settings(fake: FakeSalesforce, **changes: Any) -> SalesforceSettings:
    """Make settings that lead to the fake; None takes one away."""
    own = {
        "type": "salesforce",
        "domain": "acme.my",
        "client_id": "gateway",
        "client_secret": "right",
        "base_url": fake.url,
    } | changes
    return SalesforceSettings.model_validate(
        {name: value for name, value in own.items() if value is not None}
    )


@asynccontextmanager
async def opened(
    fake: FakeSalesforce,
    *,
    gate: Gate | None = None,
    clock: Clock | None = None,
    directory: Path | None = None,
    seconds: float = 10,
    **changes: Any,
) -> AsyncIterator[SalesforceConnector]:
    context = Context("salesforce", gate or Gate(), directory or Path(), seconds)
    connector = SalesforceConnector.open(
        settings(fake, **changes), replace(context, now=clock) if clock else context
    )
    try:
        yield connector
    finally:
        await connector.aclose()


def run(
    fake: FakeSalesforce, work: Callable[[SalesforceConnector], Awaitable[T]], **changes: Any
) -> T:
    """Do some work with a connector, and close it."""

    async def main() -> T:
        async with opened(fake, **changes) as connector:
            return await work(connector)

    return asyncio.run(main())


def read_object(fake: FakeSalesforce, name: str) -> SObject:
    """Read an object as the connector knows it."""

    async def main() -> SObject:
        api = SalesforceApi(settings(fake), Context("salesforce", Gate(), Path()))
        try:
            return await ObjectCache(api, Clock()).need(name)
        finally:
            await api.aclose()

    return asyncio.run(main())


async def look_up(salesforce: SalesforceConnector, *objects: str) -> None:
    """Have it know these objects, as it does after a first write: a record without a key writes
    nothing.
    """
    for name in objects:
        (outcome,) = await salesforce.upsert(name, [Record(name, "", {})])
        assert isinstance(outcome, Refused)


def person(
    email: str = "ada@example.test",
    id: str | None = None,
    *,
    doubtful: bool = False,
    **fields: Value,
) -> Record:
    own: Mapping[str, Value] = {"Email": email, "LastName": "Lovelace"} | fields
    return Record("contact", email, own, id=id, doubtful=doubtful)


def people(count: int) -> list[Record]:
    return [person(f"learner{number}@example.test") for number in range(count)]


def order(key: str = "springfield-19", buyer: str = "ada@example.test", **fields: Value) -> Record:
    own: dict[str, Value] = {
        "Name": f"Order {key}",
        "StageName": "Closed Won",
        "CloseDate": date(2020, 8, 11),
        "Amount": Decimal("220.00"),
    }
    return Record("deal", key, own | fields, links=(Ref("contact", buyer),))


def orders(count: int) -> list[Record]:
    return [
        order(f"springfield-{number}", f"learner{number}@example.test") for number in range(count)
    ]


def ids(outcomes: Sequence[Outcome]) -> list[str]:
    """Give the ids of what must all be saved."""
    assert all(isinstance(outcome, Saved) for outcome in outcomes), outcomes
    return [outcome.id for outcome in outcomes if isinstance(outcome, Saved)]


def links(
    deals: Sequence[Record],
    deal_ids: Sequence[str],
    contact_ids: Sequence[str],
    *,
    doubtful: bool = False,
) -> list[Link]:
    return [
        Link(deal.ref, deal.links[0], deal_id, contact_id, doubtful)
        for deal, deal_id, contact_id in zip(deals, deal_ids, contact_ids, strict=True)
    ]
