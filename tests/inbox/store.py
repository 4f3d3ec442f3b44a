"""What the tests of the inbox share: opening it, making events, and what must hold at all times."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, create_engine, make_url, text

from receiver.inbox import (
    AcceptedEvent,
    AttemptRow,
    ConnectorState,
    Inbox,
    NewEvent,
    PauseKind,
    ReadyLane,
    RecordStateRow,
    SettledLane,
    Settlement,
    SettleReport,
    Unknown,
    role_of,
)
from receiver.inbox.lanes.field_versions import FieldVersion

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
MOMENT = timedelta(0)  # as a lease: whoever asks next leads
ANN, BEN = "ann@example.edu", "ben@example.edu"


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def new(
    content: str,
    *people: str,
    connectors: Sequence[str] = ("crm",),
    at: datetime = NOW,
    **other: Any,
) -> NewEvent:
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
    values: dict[str, Any] = {
        "people": (),
        "lanes": (),
        "faults": faults or (("email", "is missing"),),
    }
    return new(content, **{**values, **other})


def bodies(lane: ReadyLane) -> list[str]:
    return [pending.body.decode() for pending in lane.deliveries]


def delivered(lane: ReadyLane, **other: Any) -> SettledLane:
    """All that was taken of the lane is delivered."""
    return SettledLane(lane, tuple(pending.delivery_id for pending in lane.deliveries), **other)


def attempt(outcome: Any = "saved", *, at: datetime = NOW, **other: Any) -> AttemptRow:
    return AttemptRow(started_at=at, duration_ms=80, outcome=outcome, **other)


def remote(object: str, key: str, id: str, lane: ReadyLane, *links: str) -> RecordStateRow:
    """What a lane tells of a record of which its newest event has set a field.

    A link such as `contact/7` leads to the id 7.
    """
    newest = lane.deliveries[-1].event_id
    stamps = {"field": FieldVersion(newest, lane.lane_id)}
    targets = {link: link.rpartition("/")[2] for link in links}
    return RecordStateRow(object, key, id, newest, lane.lane_id, stamps, targets)


async def take_ready(
    inbox: Inbox,
    *,
    connector: str = "crm",
    limit: int = 100,
    at: datetime = NOW,
    busy: Collection[int] = (),
    priority: int | None = None,
) -> list[ReadyLane]:
    """As a connector's leader would: what is due, in the order of the queues, or of one
    priority.
    """
    queues = await inbox.list_queues(connector, limit=limit, busy=busy, now=at)
    wanted = [queue for queue in queues if priority in (None, queue.priority)]
    due = [id for queue in wanted for id in queue.due]
    return await inbox.load_lanes(due[:limit], now=at)


async def take_one(inbox: Inbox, *, at: datetime = NOW) -> ReadyLane:
    """The only lane that is due."""
    (only,) = await take_ready(inbox, at=at)
    return only


async def next_due(inbox: Inbox, at: datetime, *, connector: str = "crm") -> datetime | None:
    """When the first lane is due, not before `at`; None where none waits."""
    queues = await inbox.list_queues(connector, limit=1, busy=(), now=at)
    if any(queue.due for queue in queues):
        return at
    return min((queue.next_due for queue in queues if queue.next_due), default=None)


async def take_lead(inbox: Inbox, *, connector: str = "crm", lease: timedelta = MOMENT) -> int:
    """Lead a connector from now on, for no longer than nobody else asks. The epoch."""
    role = role_of(connector)
    async with asyncio.timeout(60):
        while (term := await inbox.take_lead(role, holder="test", lease=lease, now=NOW)) is None:
            await asyncio.sleep(0.01)  # somebody is settling
    return term.epoch


async def settle(
    inbox: Inbox,
    lanes: Sequence[SettledLane],
    *,
    records: Sequence[RecordStateRow] = (),
    connector: str = "crm",
    epoch: int | None = None,
    now: datetime,
) -> SettleReport:
    """As the connector's leader of now, or as the one of an older epoch."""
    epoch = await take_lead(inbox, connector=connector) if epoch is None else epoch
    told = Settlement(connector, role_of(connector), epoch, lanes, records)
    return await inbox.settle_lanes(told, now=now)


async def keep_state(inbox: Inbox, state: ConnectorState) -> None:
    """As its leader, who leads for a moment."""
    await inbox.keep_state(state, await take_lead(inbox, connector=state.connector))


async def pause(
    inbox: Inbox,
    connector: str = "crm",
    *,
    kind: PauseKind = "auth",
    reason: str = "a",
    now: datetime = NOW,
) -> None:
    """As a leader would whose CRM refuses everything."""
    await keep_state(inbox, ConnectorState(connector, kind, reason, now))


async def resume(inbox: Inbox, connector: str = "crm") -> None:
    await keep_state(inbox, ConnectorState(connector))


async def accepted(inbox: Inbox, event: NewEvent) -> AcceptedEvent:
    """As a coroutine, for what takes no future."""
    return await inbox.accept(event)


async def states(inbox: Inbox, event_id: str) -> list[str]:
    return [delivery.state for delivery in (await inbox.find_event(event_id)).deliveries]


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
    with connected(url) as connection:
        done = connection.execute(text(statement))
        return list(done) if done.returns_rows else []


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection beside the inbox, and its transaction."""
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg") if url.startswith("postgres") else url
    )
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


_NEVER = {
    "an idle lane with something pending": """
        SELECT lane.id FROM lane JOIN delivery ON delivery.lane_id = lane.id
        WHERE lane.state = 'idle' AND delivery.state = 'pending'""",
    "a newest state of a thing that is not the newest": """
        SELECT event.id FROM event JOIN event AS later ON later.thing = event.thing
        AND later.source = event.source
        WHERE event.newest = 1 AND (later.received_at > event.received_at
            OR (later.received_at = event.received_at AND later.id > event.id))""",
    "something dead in no group": """
        SELECT id FROM delivery WHERE state = 'dead' AND reason_key IS NULL""",
    "a delivery without its event": """
        SELECT id FROM delivery WHERE event_id NOT IN (SELECT id FROM event)""",
    "a delivery without its lane": """
        SELECT id FROM delivery WHERE lane_id NOT IN (SELECT id FROM lane)""",
    "a delivery of another connector than its lane": """
        SELECT delivery.id FROM delivery JOIN lane ON lane.id = delivery.lane_id
        WHERE lane.connector <> delivery.connector""",
    "two deliveries at one place of a lane": """
        SELECT lane_id, seq FROM delivery GROUP BY lane_id, seq HAVING count(*) > 1""",
    "a place beyond the lane's version": """
        SELECT delivery.id FROM delivery JOIN lane ON lane.id = delivery.lane_id
        WHERE delivery.seq > lane.version""",
    "a lane in no known state": "SELECT id FROM lane WHERE state NOT IN ('ready', 'idle')",
    "a wait shorter than none": "SELECT id FROM lane WHERE wait < 0",
    "a replay that is newer than its lane": "SELECT id FROM lane WHERE replayed > version",
    "fewer attempts than none": "SELECT id FROM lane WHERE attempts < 0",
    "a person without an event": """
        SELECT event_id FROM event_person WHERE event_id NOT IN (SELECT id FROM event)""",
    "an uncounted event that is not there": """
        SELECT event_id FROM uncounted WHERE event_id NOT IN (SELECT id FROM event)""",
    "a quarantined event with deliveries": """
        SELECT event.id FROM event JOIN delivery ON delivery.event_id = event.id
        WHERE event.state = 'quarantined'""",
    "an address of a person whose key is nobody's": """
        SELECT address FROM person_address WHERE person_key LIKE '%@%'
        AND person_key NOT IN (SELECT address FROM person_address)""",
    "a link of an unknown record": """
        SELECT link FROM remote_link AS known WHERE NOT EXISTS (SELECT 1 FROM remote
        WHERE remote.connector = known.connector AND remote.object = known.object
        AND remote.key = known.key)""",
}


def check(url: str) -> None:
    """What must hold whenever nobody writes."""
    with connected(url) as connection:
        for what, query in _NEVER.items():
            assert list(connection.execute(text(query))) == [], what


def order(number: int, email: str, note: str = "") -> str:
    return json.dumps(
        {"id": number, "customer": {"email": email, "last_name": "Smith"}, "note": note}
    )


async def exists(inbox: Inbox, id: str) -> bool:
    try:
        await inbox.find_event(id)
    except Unknown:
        return False
    return True


def contact_state(person: str, lane: ReadyLane) -> RecordStateRow:
    """Tied to a deal whose key holds the address."""
    return remote("contact", person, "7", lane, f"deal/{person}")
