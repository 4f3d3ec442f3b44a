"""A store that is damaged, that another program reads on and on, or that a second gateway opens:
the real process says so.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from receiver.inbox import NewEvent
from tests.alarms.receiver import AlarmReceiver, alarm_receiver
from tests.alarms.test_process import metric
from tests.console.visitor import Visitor
from tests.damaged_file import damage_page
from tests.inbox.store import new, open_inbox
from tests.processes import TOKEN, Running, gateway, until, write_config
from tests.program import run_program

BODY = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"

[alerts]
url = "{url}"
"""
EVENTS = 300
MB = 1024 * 1024


def write(directory: Path, receiver: AlarmReceiver) -> Path:
    config = write_config(directory, BODY.format(url=receiver.url))
    config.write_text(config.read_text().replace("[store]", "[store]\nmax_wal_mb = 256"))
    return config


def account(person: str, note: str = "") -> str:
    body = {
        "id": str(uuid4()),
        "email": person,
        "first_name": "A",
        "note": note,
        "date_registered": "2026-01-05 10:00:00",
    }
    return json.dumps(body)


def post(running: Running, note: str = "") -> int:
    """A new account of somebody new."""
    body = account(f"{uuid4()}@example.edu", note)
    return httpx.post(
        f"{running.url}/in/{TOKEN}/account.created", content=body, trust_env=False
    ).status_code


def readiness(running: Running) -> tuple[int, str]:
    answer = httpx.get(f"{running.url}/readyz", trust_env=False, timeout=30)
    return answer.status_code, answer.json()["store"]


def waiting(person: str) -> NewEvent:
    return new(
        account(person),
        person,
        connectors=["sandbox"],
        name="account.created",
        at=datetime.now(UTC),
    )


def fill(file: Path) -> None:
    """Events that wait to be delivered."""

    async def main() -> None:
        async with open_inbox(f"sqlite:///{file}") as inbox:
            people = [f"person{number}@example.edu" for number in range(EVENTS)]
            await asyncio.gather(*(inbox.accept(waiting(name)) for name in people))

    asyncio.run(main())


def test_one_damaged_page_is_told_everywhere_and_calls_are_still_kept(tmp_path: Path) -> None:
    """`/readyz`, `/metrics`, the status, the console, an alarm and the log say what is damaged;
    whoever calls is answered 202.
    """
    store = tmp_path / "aom-gateway.db"
    fill(store)
    damage_page(store, "event", leaf=0)
    with alarm_receiver() as receiver, gateway(write(tmp_path, receiver)) as running:
        until(lambda: readiness(running)[0] == 503, "the gateway is not ready")
        assert readiness(running)[1].startswith(
            f"{store} is damaged (database disk image is malformed, seen in "
        )
        told = receiver.wait_for(cause="store_damaged", state="firing")
        assert f"{store} is damaged" in told["text"]
        assert ".clone NEW" in told["text"]
        assert post(running) == 202
        status: dict[str, Any] = running.admin("/api/status")
        assert status["pending"] > 0
        assert status["store"]["damage"].startswith(f"{store} is damaged")
        assert metric(running, "aom_gateway_store_damaged") == 1
        assert metric(running, "aom_gateway_store_writable") == 0
        assert (metric(running, "aom_gateway_deliveries_pending", connector="sandbox") or 0) > 0
        visitor = Visitor(running.url)
        visitor.sign_in()
        assert f"{store} is damaged" in visitor.get("/console").text
        assert readiness(running)[0] == 503
        assert running.terminate() == 0
    assert running.log.read_text().count('"event":"store.damaged"') >= 1


@pytest.mark.parametrize("name", ["event", "delivery_state", "delivery_lane", "lane"])
def test_what_lies_on_other_pages_is_delivered(tmp_path: Path, name: str) -> None:
    """Whichever table or index is damaged, in reading or in noting what was written; and nobody is
    written again and again.
    """
    store = tmp_path / "aom-gateway.db"
    fill(store)
    damage_page(store, name)
    with alarm_receiver() as receiver, gateway(write(tmp_path, receiver)) as running:
        # a page of an index is of many
        until(
            lambda: len(running.records("sandbox", "contact")) > EVENTS / 4,
            "the others are delivered",
        )
        receiver.wait_for(cause="store_damaged", state="firing")
        until(lambda: calls_stand_still(running), "nothing is written any more")
        assert running.terminate() == 0


def calls_stand_still(running: Running) -> bool:
    """For as long as several looks of a dispatcher take."""
    before = metric(running, "aom_gateway_connector_calls_total", connector="sandbox")
    time.sleep(3)
    return metric(running, "aom_gateway_connector_calls_total", connector="sandbox") == before


@contextmanager
def endless_reader(file: Path) -> Iterator[None]:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM event").fetchall()
        yield
    finally:
        connection.close()


def test_an_endless_reader_is_told_and_the_log_is_emptied_after_it(tmp_path: Path) -> None:
    """The log's growth is in `/readyz`, the status, `/metrics` and an alarm, with what to do; all
    of it ends with the reader.
    """
    log = tmp_path / "aom-gateway.db-wal"
    with alarm_receiver() as receiver, gateway(write(tmp_path, receiver)) as running:
        assert post(running) == 202
        with endless_reader(tmp_path / "aom-gateway.db"):
            while log.stat().st_size <= 33 * MB:
                assert post(running, "x" * 700_000) == 202
            told = receiver.wait_for(cause="store_log", state="firing")
            assert f"{log} has grown to " in told["text"]
            code, words = readiness(running)
            assert (code, words.split(" has ")[0]) == (200, f"writable, but {log}")
            assert running.admin("/api/status")["store"]["long_log"].startswith(
                f"{log} has grown to "
            )
            assert (metric(running, "aom_gateway_store_log_bytes") or 0) > 32 * MB
        until(lambda: log.stat().st_size < 17 * MB, "the log is emptied")
        receiver.wait_for(cause="store_log", state="resolved")
        assert readiness(running) == (200, "writable")
        assert running.terminate() == 0


def test_a_full_log_turns_calls_away_until_it_is_emptied(tmp_path: Path) -> None:
    """With 503, which says why; the file stays near its bound."""
    log = tmp_path / "aom-gateway.db-wal"
    with alarm_receiver() as receiver, gateway(write(tmp_path, receiver)) as running:
        assert post(running) == 202
        with endless_reader(tmp_path / "aom-gateway.db"):
            until(lambda: post(running, "x" * 1_000_000) == 503, "a call is answered 503")
            assert 256 * MB <= log.stat().st_size < 384 * MB
            code, words = readiness(running)
            assert (code, "events are refused until then" in words) == (503, True)
            receiver.wait_for(cause="store_failing", state="firing")
        until(lambda: post(running) == 202, "calls are kept again")
        assert log.stat().st_size < 64 * MB
        assert running.terminate() == 0


def test_a_second_gateway_on_the_same_file_is_refused_whatever_its_name(tmp_path: Path) -> None:
    """By a hard link, which has a lock file of its own; the first goes on."""
    with alarm_receiver() as receiver, gateway(write(tmp_path, receiver)) as running:
        (tmp_path / "second").mkdir()
        (tmp_path / "second" / "link.db").hardlink_to(tmp_path / "aom-gateway.db")
        config = write_config(tmp_path / "second", store=f"sqlite:///{tmp_path}/second/link.db")
        second = run_program("serve", "--config", str(config))
        assert second.returncode != 0
        assert f"is in use by process {running.process.pid}" in " ".join(
            (second.stdout + second.stderr).split()
        )
        assert post(running) == 202
        assert running.terminate() == 0
