"""Several processes on one port."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from receiver.telemetry.worker_metrics import merge_metrics
from tests.console.visitor import Visitor
from tests.processes import TOKEN, Running, gateway, until, write_config
from tests.program import run_program

ASKED = 20  # connections: that all go to one of two workers happens once in 500,000 times


@pytest.fixture
def running(tmp_path: Path, postgresql_url: str) -> Iterator[Running]:
    with gateway(write_config(tmp_path, store=postgresql_url, server="workers = 2")) as running:
        until(lambda: len(workers(running)) == 2, "both are ready")
        yield running
        running.process.terminate()
        running.process.wait(60)


def workers(running: Running) -> list[int]:
    """The ports' processes that have said that they are ready, of those that live."""
    children = (
        Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    )
    ready = running.log.read_text().count('"gateway.ready"')
    return [int(child) for child in children] if ready >= 2 else []


def post(running: Running, number: int) -> int:
    body = {
        "id": number,
        "email": f"w{number}@example.edu",
        "date_registered": "Aug 11, 2020 04:58 PM",
    }
    return httpx.post(
        f"{running.url}/in/{TOKEN}", content=json.dumps(body), trust_env=False, timeout=30
    ).status_code


def accepted(running: Running) -> dict[str, float]:
    """How many events each worker has accepted, by `/metrics` of whichever is asked."""
    text = httpx.get(f"{running.url}/metrics", trust_env=False, timeout=30).text
    found = re.findall(
        r'aom_gateway_events_total\{worker="(\d)",event="account.created",'
        r'outcome="accepted".*\} (.+)',
        text,
    )
    return {worker: float(value) for worker, value in found}


def test_all_accept_and_each_counts_what_it_took(running: Running) -> None:
    """Connections are shared out between them; `/metrics` holds the figures of all, whichever
    answers.
    """
    assert [post(running, number) for number in range(60)] == [202] * 60
    for _ in range(10):
        counts = accepted(running)
        assert counts.keys() == {"1", "2"}
        assert sum(counts.values()) == 60
        assert min(counts.values()) > 0
    running.wait_until_delivered()
    assert len(running.records("sandbox", "contact")) == 60


def test_one_that_is_killed_is_started_anew(running: Running) -> None:
    """The other goes on meanwhile, and nothing that was answered is lost."""
    first, second = workers(running)
    os.kill(first, signal.SIGKILL)
    until(lambda: '"worker.ended"' in running.log.read_text(), "the log tells it")
    assert [post(running, number) for number in range(20)] == [202] * 20
    until(lambda: running.log.read_text().count('"gateway.ready"') == 3, "there is a new one")
    assert second in workers(running)
    assert first not in workers(running)
    assert {item["person"] for item in running.admin("/api/events?limit=100")["items"]} == {
        f"w{n}@example.edu" for n in range(20)
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_they_end_with_their_parent(running: Running, number: int) -> None:
    """In order, with exit code 0."""
    children = workers(running)
    running.process.send_signal(number)
    assert running.process.wait(60) == 0
    assert running.log.read_text().count('"gateway.stopped"') == 2
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_they_do_not_outlive_a_parent_that_is_killed(running: Running) -> None:
    """They would hold the port, and nobody would start them anew."""
    children = workers(running)
    running.kill()
    until(lambda: not any(Path(f"/proc/{child}").exists() for child in children), "they have ended")


def test_a_port_that_is_taken_is_told_once(running: Running, tmp_path: Path) -> None:
    """Also where it is taken by another gateway with workers."""
    outcome = serve(tmp_path / "config.toml")
    assert outcome.returncode == 1
    assert outcome.stderr.count("cannot listen on") == 1


def test_workers_that_cannot_start_take_all_down(tmp_path: Path) -> None:
    """With the exit code and the words of one that is alone."""
    outcome = serve(
        write_config(tmp_path, store="postgresql://nobody@127.0.0.1:1/none", server="workers = 2")
    )
    assert outcome.returncode == 1
    assert "store.url: postgresql" in outcome.stderr


def test_a_sqlite_file_belongs_to_one_process(tmp_path: Path) -> None:
    """More workers are a fault of the configuration, said in words."""
    config = write_config(tmp_path, server="workers = 2")
    outcome = run_program("check", "--config", str(config))
    assert outcome.returncode == 1
    assert "server.workers" in outcome.stdout + outcome.stderr
    assert "SQLite" in outcome.stdout + outcome.stderr


def serve(config: Path) -> subprocess.CompletedProcess[str]:
    return run_program("serve", "--config", str(config))


def test_metrics_are_merged_by_family() -> None:
    """Each family has its head once; what stands in the store comes once, from the one that was
    asked, without a number.
    """
    one = (
        b'# HELP a_total A\n# TYPE a_total counter\na_total{x="1 {"} 1.0\n# HELP s S\n'
        b"# TYPE s gauge\ns 5.0\n"
    )
    two = one.replace(b"1.0", b"2.0").replace(b"5.0", b"4.0") + b"# HELP b B\n# TYPE b gauge\nb 7\n"
    assert merge_metrics(1, {1: one, 2: two}, frozenset({"s"})).decode().splitlines() == [
        "# HELP a_total A",
        "# TYPE a_total counter",
        'a_total{worker="1",x="1 {"} 1.0',
        'a_total{worker="2",x="1 {"} 2.0',
        "# HELP s S",
        "# TYPE s gauge",
        "s 5.0",
        "# HELP b B",
        "# TYPE b gauge",
        'b{worker="2"} 7',
    ]


def test_work_is_found_whichever_worker_is_asked(running: Running) -> None:
    """The page of a replay, and the list of what is done: each connection may go to another one."""
    assert post(running, 1) == 202
    running.wait_until_delivered()
    visitor = Visitor(running.url)
    visitor.sign_in()
    visitor.get("/console")
    begun = visitor.post(
        "/console/events/replay", {"source": "springfield", "confirmed": "yes"}
    ).headers["location"]
    for address in (begun, "/console/attention"):
        pages = [visitor.get(address) for _ in range(ASKED)]
        assert {page.status_code for page in pages} == {200}
        assert all("Replay of a search" in page.text for page in pages)
    assert visitor.get("/console/work/0000000000000000").status_code == 404
