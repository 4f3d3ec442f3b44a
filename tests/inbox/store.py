"""What the tests of the inbox share: opening it, making events, and what must hold at all times."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import create_engine, make_url, text

from receiver.inbox import Accepted, AttemptRow, Claim, Inbox, NewEvent, RemoteRow, Settled
from receiver.inbox.stamps import Stamp

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LEASE = timedelta(seconds=120)
ANN, BEN = "ann@example.edu", "ben@example.edu"


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def new(content: str, *people: str, connectors: Sequence[str] = ("crm",), at: datetime = NOW, **other: Any) -> NewEvent:
    """An event whose identity is its content; without people it is Ann's."""
    people = people or (ANN,)
    values: dict[str, Any] = {
        "source": "springfield",
        "name": "order.placed",
        "how": "url",
        "disagreement": None,
        "named": "order.placed",
        "body": content.encode(),
        "digest": hashlib.sha256(content.encode()).digest(),
        "received_at": at,
        "lanes": tuple((connector, person) for connector in connectors for person in people),
        "people": people,
    }
    return NewEvent(**{**values, **other})


def faulty(content: str, *faults: tuple[str, str], **other: Any) -> NewEvent:
    """A call that goes to quarantine."""
    values: dict[str, Any] = {"people": (), "lanes": (), "faults": faults or (("email", "is missing"),)}
    return new(content, **{**values, **other})


def bodies(claim: Claim) -> list[str]:
    return [pending.body.decode() for pending in claim.deliveries]


def delivered(claim: Claim, **other: Any) -> Settled:
    """All of the claim is delivered."""
    return Settled(claim, delivered=tuple(pending.delivery_id for pending in claim.deliveries), **other)


def attempt(outcome: Any = "saved", *, at: datetime = NOW, **other: Any) -> AttemptRow:
    return AttemptRow(started_at=at, duration_ms=80, outcome=outcome, **other)


def remote(object: str, key: str, id: str, claim: Claim, *links: str) -> RemoteRow:
    """What a lane tells of a record of which its newest event has set a field."""
    newest = claim.deliveries[-1].event_id
    return RemoteRow(object, key, id, newest, links, stamps={"field": Stamp(newest, claim.lane_id)})


async def claim(inbox: Inbox, *, connector: str = "crm", limit: int = 100, at: datetime = NOW, bulk: bool | None = None) -> list[Claim]:
    """As a dispatcher would: live lanes and those that wait in bulk, or only the ones or the others."""
    kinds = (False, True) if bulk is None else (bulk,)
    return [one for kind in kinds for one in await inbox.claim(connector, limit=limit, lease=LEASE, now=at, bulk=kind)]


async def claim_one(inbox: Inbox, *, at: datetime = NOW) -> Claim:
    """The only lane that is due."""
    (only,) = await claim(inbox, at=at)
    return only


async def accepted(inbox: Inbox, event: NewEvent) -> Accepted:
    """As a coroutine, for what takes no future."""
    return await inbox.accept(event)


async def states(inbox: Inbox, event_id: str) -> list[str]:
    return [delivery.state for delivery in (await inbox.event(event_id)).deliveries]


@asynccontextmanager
async def open_inbox(url: str, *, dedup_hours: float = 24, **other: Any) -> AsyncIterator[Inbox]:
    """An open inbox; when it is closed, what must always hold is checked."""
    inbox = await Inbox.open(url, dedup_hours=dedup_hours, **other)
    try:
        yield inbox
    finally:
        await inbox.aclose()
    check(url)


def stored(test: Callable[[Inbox], Awaitable[None]]) -> Callable[[str], None]:
    """Run an async test with an open inbox, once for each database."""

    def run(store_url: str) -> None:
        async def main() -> None:
            async with open_inbox(store_url) as inbox:
                await test(inbox)

        asyncio.run(main())

    run.__name__ = run.__qualname__ = test.__name__
    run.__doc__ = test.__doc__
    run.__module__ = test.__module__
    return run


def rows(url: str, statement: str) -> list[Any]:
    """What a query finds, or nothing for a change, made beside the inbox."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg") if url.startswith("postgres") else url)
    try:
        with engine.begin() as connection:
            done = connection.execute(text(statement))
            return list(done) if done.returns_rows else []
    finally:
        engine.dispose()


_NEVER = {
    "an idle lane with something pending": """
        SELECT lane.id FROM lane JOIN delivery ON delivery.lane_id = lane.id
        WHERE lane.state = 'idle' AND delivery.state = 'pending'""",
    "something dead in no group": "SELECT id FROM delivery WHERE state = 'dead' AND reason_key IS NULL",
    "a delivery without its event": "SELECT id FROM delivery WHERE event_id NOT IN (SELECT id FROM event)",
    "a delivery without its lane": "SELECT id FROM delivery WHERE lane_id NOT IN (SELECT id FROM lane)",
    "a delivery of another connector than its lane": """
        SELECT delivery.id FROM delivery JOIN lane ON lane.id = delivery.lane_id WHERE lane.connector <> delivery.connector""",
    "two deliveries at one place of a lane": "SELECT lane_id, seq FROM delivery GROUP BY lane_id, seq HAVING count(*) > 1",
    "a place beyond the lane's version": """
        SELECT delivery.id FROM delivery JOIN lane ON lane.id = delivery.lane_id WHERE delivery.seq > lane.version""",
    "a lease without a token, or a token without a lease": """
        SELECT id FROM lane WHERE (state = 'leased') <> (lease_token IS NOT NULL)""",
    "fewer attempts than none": "SELECT id FROM lane WHERE attempts < 0",
    "a person without an event": "SELECT event_id FROM event_person WHERE event_id NOT IN (SELECT id FROM event)",
    "a quarantined event with deliveries": """
        SELECT event.id FROM event JOIN delivery ON delivery.event_id = event.id WHERE event.state = 'quarantined'""",
    "a link of an unknown record": """
        SELECT link FROM remote_link AS known WHERE NOT EXISTS (SELECT 1 FROM remote
        WHERE remote.connector = known.connector AND remote.object = known.object AND remote.key = known.key)""",
}


def check(url: str) -> None:
    """What must hold whenever nobody writes."""
    for what, query in _NEVER.items():
        assert rows(url, query) == [], what
