"""One sender beside others, against the real process."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from receiver.aom import SourceContext
from receiver.inbox import Inbox, NewEvent
from receiver.ingest.intake import Intake
from receiver.ingest.validation import build_validator
from receiver.mapping import RouteTable
from receiver.settings import load_settings
from receiver.telemetry import GatewayMetrics
from tests.ingest.calls import ANNOUNCED, SECOND_TOKEN, account, intake_call, kept, post
from tests.processes import TOKEN, Running, gateway, write_config


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("intake"), ANNOUNCED)) as running:
        yield running


def test_a_source_has_a_limit(tmp_path: Path) -> None:
    """What is above it is answered 429 with a time, and not kept; others are not concerned."""
    config = write_config(tmp_path, ANNOUNCED, source="limit = { events = 3, seconds = 3600 }")
    with gateway(config) as running:
        answers = [post(running, f"/in/{TOKEN}", account(number)) for number in range(5)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 429, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 1200
        assert answers[-1].json()["kept"] is False
        assert len(kept(running)) == 3
        assert post(running, "/in/lenient-token-of-the-tests", account(9)).status_code == 202
        assert (
            'turned_away_total{reason="limit"} 2.0'
            in httpx.get(f"{running.url}/metrics", trust_env=False).text
        )


def test_who_waits_as_long_as_is_said_is_taken(tmp_path: Path) -> None:
    """Whoever is above the limit may come again after the time that the answer names."""
    config = write_config(tmp_path, ANNOUNCED, source="limit = { events = 1, seconds = 3 }")
    with gateway(config) as running:
        answers = (post(running, f"/in/{TOKEN}", account(number)) for number in range(100))
        refused = next(answer for answer in answers if answer.status_code == 429)
        time.sleep(int(refused.headers["retry-after"]))
        assert post(running, f"/in/{TOKEN}", account(100)).status_code == 202


def _many_people(number: int) -> bytes:
    """A commit of its own, and not a short one."""
    users = [{"id": n, "email": f"u{number}.{n}@example.edu", "name": "A B"} for n in range(3_000)]
    return json.dumps(
        {"userList": users, "enrolled_courses_list": [{"id": 1, "title": "C"}]}
    ).encode()


def _many_keys(number: int) -> bytes:
    """One MiB that takes long to validate."""
    return json.dumps(
        {**json.loads(account(number)), **{f"unknown_{number}_{n}": n for n in range(35_000)}}
    ).encode()


@pytest.mark.parametrize("make", [_many_keys, _many_people])
def test_large_bodies_do_not_hold_up_others(running: Running, make: Callable[[int], bytes]) -> None:
    """Two dozen at once are taken one by one, and others in turn with them: nobody waits for more
    than a few.
    """
    bodies = [make(10_000 + number) for number in range(24)]

    async def scenario() -> tuple[float, float]:
        async with httpx.AsyncClient(trust_env=False, timeout=120) as http:
            started = time.perf_counter()
            large = [
                asyncio.create_task(http.post(f"{running.url}/in/{TOKEN}", content=body))
                for body in bodies
            ]
            slowest, number = 0.0, 20_000
            while not all(task.done() for task in large):
                for request in (
                    http.get(f"{running.url}/healthz"),
                    http.post(f"{running.url}/in/{SECOND_TOKEN}", content=account(number)),
                ):
                    before = time.perf_counter()
                    assert (await request).status_code in (200, 202)
                    slowest = max(slowest, time.perf_counter() - before)
                number += 1
            assert {task.result().status_code for task in large} == {202}
            return slowest, time.perf_counter() - started

    slowest, all_of_them = asyncio.run(scenario())
    assert slowest < all_of_them / 4


def _filled(wrap: Callable[[list[object]], object], make: Callable[[int], object]) -> bytes:
    """A body of nearly one MiB of such entries."""
    size = len(json.dumps(make(10_000)).encode()) + 2
    return json.dumps(
        wrap([make(number) for number in range(10_000, 10_000 + 1_000_000 // size)])
    ).encode()


def _order(**parts: object) -> dict[str, object]:
    return {"id": 1, "status": "COMPLETED", "customer": {"email": "worst@example.edu"}, **parts}


def _nested(depth: int) -> list[object]:
    return [_nested(depth - 1)] if depth else []


WORST: dict[str, Callable[[], bytes]] = {
    "notes with entities": lambda: _filled(
        lambda entries: _order(notes=entries), lambda n: f"note &amp; {n} &#8217;"
    ),
    "notes of one entity": lambda: _filled(lambda entries: _order(notes=entries), lambda _: "&lt;"),
    "names with entities": lambda: json.dumps(_order(transaction_ref="&#8217;" * 140_000)).encode(),
    "no people": lambda: _filled(lambda entries: {"receivers": entries}, lambda _: {}),
    "people without address": lambda: _filled(
        lambda entries: {"receivers": entries}, lambda n: {"email": f"p{n}"}
    ),
    "line items": lambda: _filled(lambda entries: _order(line_items=entries), lambda _: {}),
    "line items with money": lambda: _filled(
        lambda entries: _order(line_items=entries), lambda n: {"total": f"x{n}"}
    ),
    "lists in lists": lambda: _filled(
        lambda entries: _order(notes=entries), lambda _: _nested(150)
    ),
    "unknown keys": lambda: json.dumps(_order(**{f"{n:x}": 0 for n in range(70_000)})).encode(),
    "blanks in an id": lambda: json.dumps(
        _order() | {"id": "\u00e9" + " " * 1_000_000 + "b"}
    ).encode(),
    "blanks in an address": lambda: json.dumps(
        _order(customer={"email": "\u00e9" + " " * 1_000_000 + "b"})
    ).encode(),
    "a long status": lambda: json.dumps(_order() | {"status": "&amp; -_" * 130_000}).encode(),
}


@pytest.mark.parametrize("worst", WORST)
def test_no_body_holds_up_others(running: Running, worst: str) -> None:
    """Of the worst ones a dozen at once.

    A quarter of a second of the gateway's own work; ten times that on a slow machine. What other
    processes take of the machine meanwhile does not count.
    """
    body = WORST[worst]()
    assert 400_000 < len(body) <= 1_048_576

    async def scenario() -> float:
        async with httpx.AsyncClient(trust_env=False, timeout=120) as http:
            large = [
                asyncio.create_task(http.post(f"{running.url}/in/{TOKEN}", content=body + b" " * n))
                for n in range(12)
            ]
            slowest, number = 0.0, 30_000 + list(WORST).index(worst) * 1000
            while not all(task.done() for task in large):
                for request in (
                    http.get(f"{running.url}/healthz"),
                    http.post(f"{running.url}/in/{SECOND_TOKEN}", content=account(number)),
                ):
                    before = running.cpu_seconds()
                    assert (await request).status_code in (200, 202)
                    slowest = max(slowest, running.cpu_seconds() - before)
                number += 1
            assert {task.result().status_code for task in large} <= {200, 202, 422}
            return slowest

    assert asyncio.run(scenario()) < 2.5


def test_an_event_for_many_is_written_before_the_next_large_body_is_validated(
    tmp_path: Path,
) -> None:
    """Both compute: who waits for the commit would wait for both."""
    sound = build_validator(
        {"s": SourceContext("s", ZoneInfo("UTC"), "USD")},
        RouteTable.compile(load_settings(write_config(tmp_path, ANNOUNCED))),
    )
    stored: list[int] = []

    def decide(source: str, named: str | None, body: bytes, received_at: datetime) -> NewEvent:
        with closing(sqlite3.connect(tmp_path / "inbox.db")) as store:
            stored.append(store.execute("SELECT count(*) FROM event").fetchone()[0])
        validated = sound(source, named, body, received_at)
        return replace(validated, lanes=tuple(("sandbox", person) for person in validated.people))

    async def scenario() -> None:
        inbox = await Inbox.open(f"sqlite:///{tmp_path / 'inbox.db'}", dedup_hours=24)
        intake = Intake({}, decide, inbox, GatewayMetrics())
        calls = [intake_call(_many_people(number)) for number in range(4)]
        await asyncio.gather(*map(intake.take, calls))
        await inbox.aclose()

    asyncio.run(scenario())
    assert stored == [0, 1, 2, 3]
