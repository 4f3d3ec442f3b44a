"""How long the console's pages take with a full store, on SQLite and on PostgreSQL.

python -m tests.bench.pages [--events 1000000] [--sqlite] [--postgresql]
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from random import Random
from statistics import quantiles
from urllib.parse import urlencode

import httpx
from rich.console import Console
from rich.table import Table

from receiver.aom import EVENTS
from receiver.console.views.event_search import STATES
from receiver.inbox.db.event_ids import first_id
from tests.bench.full_store import APART, SOURCES, FullStore, learner, source
from tests.console.visitor import Visitor
from tests.databases import serve_postgresql
from tests.processes import Running, gateway, write_config

MANY = 1_000_000
TURNS = 60
TARGET = 100.0  # milliseconds, the 95th percentile
_EVENT = re.compile(r'href="/console/events/([0-9a-f]{32})"')
CONFIG = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
latency_ms = 29000

[sources.shelbyville]
tokens = ["shelbyville-token-of-the-tests"]
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


def measure(table: Table, name: str, url: str, directory: Path, events: int) -> None:
    """Fill the store, then ask a gateway that serves it for each kind of page, many times."""
    started = time.perf_counter()
    store = FullStore(events, datetime.now(UTC) - events * APART)
    asyncio.run(store.fill(url))
    table.add_row("to fill the store", name, f"{time.perf_counter() - started:.0f} s", "", "")
    for timing in measure_pages(store, url, directory):
        verdict = "" if timing.p95 < TARGET else "TOO SLOW"
        table.add_row(timing.what, name, f"{timing.p50:.0f} ms", f"{timing.p95:.0f} ms", verdict)


def measure_pages(store: FullStore, url: str, directory: Path) -> Iterator[Timing]:
    with (
        gateway(write_config(directory, CONFIG, store=url)) as running,
        signed_in(running) as client,
    ):
        for what, addresses in kinds(KnownIds.choose(store, client)):
            yield timed(client, what, addresses)


@dataclass(frozen=True, slots=True)
class KnownIds:
    """Some of a full store's, as an operator would have them in hand."""

    times: Sequence[datetime]
    people: Sequence[str]
    orders: Sequence[str]
    events: Sequence[str]

    @classmethod
    def choose(cls, store: FullStore, client: httpx.Client) -> KnownIds:
        """Events are those of the people, since an event's id is known to the store alone."""
        random = Random(5)
        people = [learner(random.randrange(store.events)) for _ in range(TURNS)]
        return cls(
            [store.at(random.randrange(store.events)) for _ in range(TURNS)],
            people,
            [str(id) for id in random.sample(store.orders(), TURNS)],
            [_newest_event(client, email) for email in people],
        )


def _newest_event(client: httpx.Client, email: str) -> str:
    page = client.get("/console/events", params={"person": email, "source": SOURCES[0]}).text
    found = _EVENT.search(page)
    return found[1] if found else sys.exit(f"There is no event of {email}.")


def kinds(known: KnownIds) -> Iterator[tuple[str, list[str]]]:
    """Each kind of page with the addresses to ask for, all different where the page is not always
    the same one.
    """
    yield "Overview", ["/console"] * TURNS
    yield "Overview of 48 hours", ["/console?hours=48"] * TURNS
    for what, asked in searches(known).items():
        yield f"Events{what}", [_address("events", **one) for one in asked]
    yield "Event", [f"/console/events/{id}" for id in known.events]
    yield "Explain an event", [_address("set-up/explain", stored=id) for id in known.events]
    yield "Person", [_address("people", email=email) for email in known.people]
    for what, texts in texts_to_find(known).items():
        yield f"Search for {what}", [_address("search", q=text) for text in texts]
    yield "Events of an order", [_address("events", key=id) for id in known.orders]
    yield "Attention", ["/console/attention"] * TURNS
    yield "Connector", ["/console/connectors/sandbox"] * TURNS
    yield "Source", [f"/console/sources/{SOURCES[turn % len(SOURCES)]}" for turn in range(TURNS)]
    yield "Audit", ["/console/audit"] * TURNS
    yield (
        "Audit by who, what and time",
        [
            _address("audit", who="olaf", what="replay", since=f"{at:%Y-%m-%dT%H:%M}")
            for at in known.times
        ],
    )
    yield "Set-up", ["/console/set-up"] * TURNS
    yield "Operators", ["/console/operators"] * TURNS


def _address(page: str, **query: str) -> str:
    return f"/console/{page}?{urlencode(query)}"


def searches(known: KnownIds) -> dict[str, list[dict[str, str]]]:
    """Of the page Events, as its form asks."""
    random, day = Random(7), timedelta(days=1)
    before = [{"before": first_id(at)} for at in known.times]
    days = [
        {"since": f"{at:%Y-%m-%dT%H:%M}", "until": f"{at + day:%Y-%m-%dT%H:%M}"}
        for at in known.times
    ]

    def some(values: Sequence[str], name: str) -> list[dict[str, str]]:
        return [{name: random.choice(values)} for _ in known.times]

    sources, names = some(SOURCES, "source"), some(EVENTS, "event")
    return {
        "": [{}] * TURNS,
        ", a later page": before,
        ", back to newer ones": [{"after": first_id(at)} for at in known.times],
        " by person": [{"person": email} for email in known.people],
        " by source": _joined(sources, before),
        " by name": _joined(names, before),
        " by source and name": _joined(sources, names, before),
        " by time": days,
        " by connector": [{"connector": "sandbox", **one} for one in before],
        " by time, name and state": [{**one, "state": "delivered"} for one in _joined(days, names)],
        **{f" {state}": [{"state": state, **one} for one in ({}, *before)] for state in STATES},
    }


def _joined(*asked: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [
        dict(chain.from_iterable(one.items() for one in parts))
        for parts in zip(*asked, strict=True)
    ]


def texts_to_find(known: KnownIds) -> dict[str, Sequence[str]]:
    """What somebody writes into the search box."""
    return {
        "an address": known.people,
        "how an address begins": [email[:9] for email in known.people],
        "an order": known.orders,
        "a record's key": [f"{source(int(id))}:{id}" for id in known.orders],
        "an id of a CRM": [f"9{int(id):07}" for id in known.orders],
        "an event": known.events,
        "how an event's id begins": [first_id(at)[:12] for at in known.times],
        "nothing": [f"none-{number}" for number in range(TURNS)],
    }


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
