"""How long the console's pages of events and people take with a full store, on SQLite and on
PostgreSQL.

python -m tests.bench.pages [--events 1000000] [--sqlite] [--postgresql]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from random import Random
from statistics import quantiles
from urllib.parse import urlencode

import httpx
from rich.console import Console
from rich.table import Table

from receiver.aom import EVENTS
from receiver.console.views.event_search import STATES
from receiver.inbox import AttemptRow, Inbox, NewEvent, ReadyLane, RecordStateRow, SettledLane
from receiver.inbox.db.event_ids import first_id
from tests.console.visitor import Visitor
from tests.databases import serve_postgresql
from tests.inbox import store
from tests.processes import Running, gateway, write_config

MANY = 1_000_000
LEARNERS = 50_000
SOURCES = ("springfield", "shelbyville")
TURNS = 60
TARGET = 100.0  # milliseconds, the 95th percentile
START = datetime(2026, 1, 1, tzinfo=UTC)
APART = timedelta(seconds=10)
AT_ONCE = 5_000
CONFIG = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
latency_ms = 29000
"""


@dataclass(frozen=True, slots=True)
class Timing:
    """Of one kind of page, in milliseconds."""

    what: str
    p50: float
    p95: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=MANY)
    parser.add_argument("--sqlite", action="store_true", help="only SQLite")
    parser.add_argument("--postgresql", action="store_true", help="only PostgreSQL")
    asked = parser.parse_args()
    both = asked.sqlite == asked.postgresql
    table = Table(
        "page",
        "store",
        "p50",
        "p95",
        "",
        title=f"Pages with {asked.events:,} stored events",
        title_justify="left",
    )
    with tempfile.TemporaryDirectory(prefix="aom-gateway-bench-") as name:
        if both or asked.sqlite:
            measure(table, "SQLite", f"sqlite:///{name}/store.db", Path(name), asked.events)
        if both or asked.postgresql:
            with serve_postgresql() as server:
                measure(table, "PostgreSQL", server.get_uri(), Path(name), asked.events)
    Console().print(table)


def measure(table: Table, store: str, url: str, directory: Path, events: int) -> None:
    """Fill the store, then ask a gateway that serves it for each kind of page, many times."""
    started = time.perf_counter()
    asyncio.run(fill(url, events))
    table.add_row("to fill the store", store, f"{time.perf_counter() - started:.0f} s", "", "")
    with (
        gateway(write_config(directory, CONFIG, store=url)) as running,
        signed_in(running) as client,
    ):
        for what, addresses in kinds(events):
            timing = timed(client, what, addresses)
            table.add_row(
                what,
                store,
                f"{timing.p50:.0f} ms",
                f"{timing.p95:.0f} ms",
                "" if timing.p95 < TARGET else "TOO SLOW",
            )


async def fill(url: str, events: int) -> None:
    """Events of all names from two sources, one in a thousand in quarantine.

    Of the others one in 500 is dead, one in 200 pending.
    """
    inbox = await Inbox.open(url, dedup_hours=24)
    try:
        for start in range(0, events, AT_ONCE):
            await asyncio.gather(
                *(
                    inbox.accept(event(number))
                    for number in range(start, min(events, start + AT_ONCE))
                )
            )
        await settle(inbox, events)
    finally:
        await inbox.aclose()


def event(number: int) -> NewEvent:
    """Of a learner who comes again after all the others have come."""
    email, name = learner(number), EVENTS[number % len(EVENTS)]
    body = json.dumps(
        {"id": number, "email": email, "first_name": "Ada", "padding": "x" * 400}
    ).encode()
    faulty = number % 1000 == 0
    return NewEvent(
        source=SOURCES[number % 3 // 2],
        name=name,
        how="url",
        disagreement=None,
        named=name,
        body=body,
        digest=hashlib.sha256(body).digest(),
        received_at=START + number * APART,
        lanes=() if faulty else (("sandbox", email),),
        people=() if faulty else (email,),
        faults=(("email", "is needed and missing"),) if faulty else (),
    )


def learner(number: int) -> str:
    return f"learner{number % LEARNERS}@example.edu"


async def settle(inbox: Inbox, events: int) -> None:
    """As deliveries would, up to those that stay pending."""
    left, now = events, START + events * APART
    while left > events // 200:
        lanes = await store.take_ready(inbox, connector="sandbox", limit=500, at=now)
        if not lanes:
            return
        done = [settled(lane, now) for lane in lanes]
        records = [contact(lane) for lane in lanes]
        await store.settle(inbox, done, records=records, connector="sandbox", now=now)
        left -= sum(len(lane.deliveries) for lane in lanes)


def settled(lane: ReadyLane, now: datetime) -> SettledLane:
    dead = [one.delivery_id for one in lane.deliveries if one.delivery_id % 500 == 0]
    return SettledLane(
        lane,
        delivered=tuple(one.delivery_id for one in lane.deliveries if one.delivery_id not in dead),
        dead=tuple((id, f"reason {id % 3500 // 500}") for id in dead),
        attempt=AttemptRow(
            started_at=now,
            duration_ms=80,
            outcome="refused" if dead else "saved",
            sent=[{"object": "contact"}],
        ),
    )


def contact(lane: ReadyLane) -> RecordStateRow:
    newest = lane.deliveries[-1].event_id
    return RecordStateRow("contact", lane.person_key, str(lane.lane_id), newest, lane.lane_id)


def kinds(events: int) -> Iterator[tuple[str, list[str]]]:
    """Each kind of page with the addresses to ask for, all different where the page is not always
    the same one.
    """
    random = Random(5)
    times = [START + random.randrange(events) * APART for _ in range(TURNS)]
    people = [learner(random.randrange(events)) for _ in range(TURNS)]
    days = [
        {"since": f"{at:%Y-%m-%dT%H:%M}", "until": f"{at + timedelta(days=1):%Y-%m-%dT%H:%M}"}
        for at in times
    ]
    searches: dict[str, list[dict[str, str]]] = {
        "": [{}] * TURNS,
        ", a later page": [{"before": first_id(at)} for at in times],
        ", back to newer ones": [{"after": first_id(at)} for at in times],
        " by person": [{"person": email} for email in people],
        " by source": [{"source": random.choice(SOURCES), "before": first_id(at)} for at in times],
        " by name": [{"event": random.choice(EVENTS), "before": first_id(at)} for at in times],
        " by source and name": [
            {
                "source": random.choice(SOURCES),
                "event": random.choice(EVENTS),
                "before": first_id(at),
            }
            for at in times
        ],
        " by time": days,
        " by connector": [{"connector": "sandbox", "before": first_id(at)} for at in times],
        " by time, name and state": [
            {**day, "event": random.choice(EVENTS), "state": "delivered"} for day in days
        ],
        **{
            f" {state}": [
                {"state": state},
                *({"state": state, "before": first_id(at)} for at in times),
            ]
            for state in STATES
        },
    }
    for what, asked in searches.items():
        yield f"Events{what}", [f"/console/events?{urlencode(one)}" for one in asked]
    yield "Source", [f"/console/sources/{random.choice(SOURCES)}" for _ in range(TURNS)]
    yield "Person", [f"/console/people?{urlencode({'email': email})}" for email in people]
    for what, texts in {
        "an address": people,
        "how an address begins": [email[:9] for email in people],
        "an id of a CRM": [f"{random.randrange(1, LEARNERS)}" for _ in range(TURNS)],
        "an event": [f"{first_id(at)[:12]}" for at in times],
        "nothing": [f"none-{number}" for number in range(TURNS)],
    }.items():
        yield f"Search for {what}", [f"/console/search?{urlencode({'q': text})}" for text in texts]
    yield "Events by key", [f"/console/events?{urlencode({'key': email})}" for email in people]
    yield "Attention", ["/console/attention"] * TURNS


@contextmanager
def signed_in(running: Running) -> Iterator[httpx.Client]:
    visitor = Visitor(running.url)
    visitor.sign_in()
    with httpx.Client(
        base_url=running.url, cookies=visitor.cookies, trust_env=False, timeout=60
    ) as client:
        yield client


def timed(client: httpx.Client, what: str, addresses: list[str]) -> Timing:
    client.get(addresses[0])
    took = []
    for address in addresses:
        started = time.perf_counter()
        answer = client.get(address)
        took.append((time.perf_counter() - started) * 1000)
        if answer.status_code not in {HTTPStatus.OK, HTTPStatus.SEE_OTHER}:
            sys.exit(f"{address}: {answer.status_code}")
    parts = quantiles(took, n=20)
    return Timing(what, parts[9], parts[18])


if __name__ == "__main__":
    main()
