"""A store, a mapping and a scripted CRM: what a dispatcher needs, without HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import structlog

from receiver.delivery import (
    AccountGuard,
    BatchSizes,
    CircuitBreaker,
    DeliveryContext,
    DeliveryTiming,
    Dispatcher,
    EventReader,
    LaneRenderer,
    Leaders,
    Leadership,
    ProfileCounter,
    RateLimiter,
)
from receiver.delivery.batch import LaneBatch
from receiver.delivery.delivery_context import UnderWay
from receiver.delivery.leadership import LEASE
from receiver.gateway import sites_of
from receiver.inbox import AcceptedEvent, Inbox
from receiver.inbox import EventDetail as StoredEvent
from receiver.ingest.validation import Validator, build_validator
from receiver.mapping import RouteTable
from receiver.settings import load_settings
from receiver.telemetry import GatewayMetrics
from tests.databases import migrated_file
from tests.delivery.crm import Crm

IDLE = timedelta(seconds=0.05)

CONFIG = """
[sources.school]
tokens = ["token-of-a-school-in-tests"]

[connectors.crm]
type = "sandbox"

[[routes]]
name = "people"
events = ["account.created"]
connector = "crm"
[[routes.upsert]]
object = "contact"
fields.firstname = "{{ person.first_name }}"
fields.lastname = "{{ person.last_name }}"
fields.score = "{{ raw.score + 1 if raw.score is defined else none }}"

[[routes]]
name = "announcements"
events = ["announcement.created"]
connector = "crm"
[[routes.upsert]]
object = "contact"
fields.announced = "{{ raw.announcement }}"

[[routes]]
name = "orders"
events = ["order.*"]
connector = "crm"
[[routes.upsert]]
object = "contact"
fields.bought = "{{ order.id }}"
[[routes.upsert]]
object = "deal"
key = "{{ order.id }}"
links = ["contact"]
fields.stage = "{{ order.status }}"
fields.note = "{{ raw.note if raw.note is defined else none }}"
"""


@dataclass(slots=True)
class Clock:
    """The real time, moved on by as much as a test says; the wall clock may be `wrong` beside."""

    ahead: timedelta = timedelta(0)
    wrong: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead + self.wrong

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead.total_seconds()


@dataclass(slots=True)
class Rig:
    inbox: Inbox
    crm: Crm
    context: DeliveryContext
    dispatcher: Dispatcher
    metrics: GatewayMetrics
    clock: Clock
    judge: Validator
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def batch(self) -> LaneBatch:
        """Lead, and take all lanes that are ready; without a dispatcher."""
        leadership = self.context.leadership
        while leadership.term is None:
            await leadership.take()
            await asyncio.sleep(0.01)
        queues = await self.inbox.list_queues("crm", limit=100, busy=frozenset(), now=self.clock())
        lanes = await self.inbox.load_lanes(
            [lane for queue in queues for lane in queue.due], now=self.clock()
        )
        return LaneBatch(self.context, lanes, leadership.term)

    async def account(self, person: str, **fields: Any) -> AcceptedEvent:
        """Hand in a sign-up of person@b.edu."""
        return await self.hand_in(
            "account.created", {"email": f"{person}@b.edu", "date_registered": "x", **fields}
        )

    async def order(self, person: str, number: int, status: str, **fields: Any) -> AcceptedEvent:
        """Hand in an order of person@b.edu."""
        payload = {
            "id": number,
            "status": status,
            "line_items": [],
            "customer": {"email": f"{person}@b.edu"},
            **fields,
        }
        return await self.hand_in("order.placed", payload)

    async def announce(self, people: int, text: str = "Welcome") -> AcceptedEvent:
        """Hand in an announcement to so many people."""
        receivers = [{"email": f"p{number}@b.edu", "name": "P"} for number in range(people)]
        payload = {"announcement_title": "Term", "announcement": text, "receivers": receivers}
        return await self.hand_in("announcement.created", payload, people)

    async def hand_in(self, name: str, payload: dict[str, Any], people: int = 1) -> AcceptedEvent:
        accepted = await self.inbox.accept(
            self.judge("school", name, json.dumps(payload).encode(), self.clock())
        )
        assert accepted.deliveries == people
        return accepted

    async def restart(self) -> None:
        """Another dispatcher in the place of the one that runs."""
        await self.dispatcher.stop(timedelta(seconds=5))
        self.dispatcher = Dispatcher(self.context, idle=IDLE)
        self.tasks.append(asyncio.create_task(self.dispatcher.run()))

    async def story(self, accepted: AcceptedEvent) -> StoredEvent:
        return await self.inbox.find_event(accepted.id)

    async def states(self, *accepted: AcceptedEvent) -> list[str]:
        return [
            delivery.state for one in accepted for delivery in (await self.story(one)).deliveries
        ]

    async def is_delivered(self, accepted: AcceptedEvent) -> bool:
        return set(await self.states(accepted)) == {"delivered"}

    async def until(self, condition: Callable[[], Awaitable[Any]], seconds: float = 120) -> Any:
        """Wait for the condition, and return what it returned."""
        async with asyncio.timeout(seconds):
            while not (value := await condition()):
                await asyncio.sleep(0.01)
        return value

    async def until_done(self, *, dead: int = 0) -> None:
        """Until nothing is pending and so many are dead."""

        async def done() -> bool:
            status = await self.inbox.read_status(("crm",), now=self.clock())
            return status.pending == 0 and status.dead == dead

        await self.until(done)


@asynccontextmanager
async def rig(
    directory: Path,
    crm: Crm,
    *,
    running: bool = True,
    store: str | None = None,
    timing: DeliveryTiming | None = None,
    lease: timedelta = LEASE,
) -> AsyncIterator[Rig]:
    """Opens all of it; with `running` the dispatcher runs inside the block."""
    config = directory / "config.toml"
    config.write_text(CONFIG)
    settings = load_settings(config)
    sites, routes, metrics, clock, random = (
        sites_of(settings),
        RouteTable.compile(settings),
        GatewayMetrics(),
        Clock(),
        Random(1),
    )
    timing = timing or DeliveryTiming()
    inbox = await Inbox.open(store or _kept_in(directory), dedup_hours=0)
    leadership = Leadership(inbox, "crm", Leaders(), clock, timeout=timing.timeout, lease=lease)
    limiter = RateLimiter()
    limiter.before_call = leadership.cover
    reader = EventReader(sites)
    context = DeliveryContext(
        "crm",
        crm,
        inbox,
        LaneRenderer("crm", reader, routes, profiles=ProfileCounter(inbox, reader, sites, clock)),
        metrics,
        CircuitBreaker(inbox, "crm", metrics, clock, random, clock=clock.monotonic),
        AccountGuard(inbox, "crm", "test", crm),
        leadership,
        limiter,
        BatchSizes(crm.limits.records, structlog.get_logger()),
        timing,
        clock,
        random,
        under_way=UnderWay(clock=clock.monotonic),
        clock=clock.monotonic,
    )
    dispatcher = Dispatcher(context, idle=IDLE)
    tasks = [asyncio.create_task(dispatcher.run())] if running else []
    opened = Rig(
        inbox, crm, context, dispatcher, metrics, clock, build_validator(sites, routes), tasks
    )
    try:
        yield opened
    finally:
        await opened.dispatcher.stop(timedelta(seconds=5))
        await asyncio.gather(*opened.tasks)
        await inbox.aclose()


def _kept_in(directory: Path) -> str:
    """A SQLite store, that of the last time where there was one."""
    file = directory / "inbox.db"
    if not file.exists():
        file.write_bytes(migrated_file())
    return f"sqlite:///{file}"
