"""Alarms of the real program: each is told once, also across kills and among several processes."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from tests.alarms.receiver import SECRET, AlarmReceiver, alarm_receiver
from tests.fakes.hubspot import FakeHubSpot, Options
from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, until, write_config
from tests.program import run_program

SANDBOX = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
path = "{directory}/sandbox.db"
refuse = [
{refuse}
]

[alerts]
url = "{url}"
"""
HUBSPOT = """
[connectors.hubspot]
type = "hubspot"
access_token = "{token}"
base_url = "{crm}"
mapping = "standard"

[alerts]
url = "{url}"
"""
WORDS = (
    "<!channel> refused{number}@example.edu of 'Maria Silva', phone +1 (555) 123-4567, is taken "
    "by record {number}"
)


def write(
    directory: Path,
    receiver: AlarmReceiver,
    *,
    store: str | None = None,
    shared: Path | None = None,
) -> Path:
    """A sandbox that refuses each address that begins with `refused` in words of its own."""
    directory.mkdir(exist_ok=True)
    rules = [
        f'{{ object = "contact", pattern = "^refused{n}@", message = "{WORDS.format(number=n)}" }}'
        for n in range(30)
    ]
    body = SANDBOX.format(directory=shared or directory, refuse=",\n".join(rules), url=receiver.url)
    return write_config(
        directory, body, store=store, server='public_url = "https://hooks.example.edu"'
    )


def post(running: Running, email: str, note: str = "") -> int:
    body = {
        "id": str(uuid4()),
        "note": note,
        "email": email,
        "first_name": "A",
        "last_name": "B",
        "date_registered": "2026-01-05 10:00:00",
    }
    return httpx.post(
        f"{running.url}/in/{TOKEN}/account.created", content=json.dumps(body), trust_env=False
    ).status_code


def call(running: Running, method: str, path: str, body: object = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    return httpx.request(
        method, running.url + path, json=body, headers=headers, trust_env=False, timeout=30
    )


def metric(running: Running, name: str, **labels: str) -> float | None:
    """The value of a sample; None where there is none."""
    text = httpx.get(running.url + "/metrics", trust_env=False, timeout=30).text
    samples = [
        sample for family in text_string_to_metric_families(text) for sample in family.samples
    ]
    return next(
        (
            float(sample.value)
            for sample in samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ),
        None,
    )


def count_noted(store: Path | str) -> int:
    """How many alarms the store has as told: those that were posted just before a kill it has not,
    and they are posted again.
    """
    question = "SELECT count(*) FROM sent_alarm"
    if isinstance(store, Path):
        with closing(sqlite3.connect(store)) as file:
            return int(file.execute(question).fetchone()[0])
    with psycopg.connect(store) as connection:
        ((number,),) = connection.execute(question)
    return int(number)


def discard_dead(running: Running) -> None:
    for event in running.admin("/api/events?state=dead")["items"]:
        for delivery in running.admin(f"/api/events/{event['id']}")["deliveries"]:
            assert (
                call(running, "POST", f"/api/deliveries/{delivery['id']}/discard").status_code
                == 200
            )


def test_dead_letters_are_told_once_whatever_happens_to_the_process(tmp_path: Path) -> None:
    """One alarm for many of one reason; none after kill -9 and a restart; one message when they are
    gone; no personal data in any.
    """
    with alarm_receiver() as receiver:
        config = write(tmp_path, receiver)
        with gateway(config) as running:
            for number in range(20):
                assert post(running, f"refused{number}@example.edu") == 202
            assert post(running, "") == 422
            fired = receiver.wait_for(cause="dead_letters", state="firing")
            receiver.wait_for(cause="quarantine", state="firing", source="springfield")
            until(lambda: count_noted(tmp_path / "aom-gateway.db") == 2, "both are noted")
            running.kill()
        with gateway(config) as running:
            assert post(running, "refused29@example.edu") == 202
            until(lambda: running.admin("/api/status")["dead"] == 21, "the next one is dead")
            discard_dead(running)
            over = receiver.wait_for(cause="dead_letters", state="resolved")
            assert running.terminate() == 0
            log = running.log.read_text()
        with gateway(config) as running:
            assert metric(running, "aom_gateway_deliveries_dead", connector="sandbox") == 0
            assert running.terminate() == 0
    assert (fired["connector"], fired["gateway"], over["key"]) == (
        "sandbox",
        "https://hooks.example.edu",
        fired["key"],
    )
    assert fired["text"].endswith(" https://hooks.example.edu/console/attention")
    assert [message["state"] for message in receiver.told(cause="dead_letters")] == [
        "firing",
        "resolved",
    ]
    assert len(receiver.told(cause="quarantine")) == 1
    for message in receiver.messages:
        assert not [
            word
            for word in ("refused0", "@example", "Maria", "4567")
            if word in json.dumps(message)
        ], message
        assert "<" not in message["text"]
    assert SECRET not in log


def test_a_paused_crm_is_told_once_and_its_return(tmp_path: Path) -> None:
    """An expired token: one alarm across a kill and a restart, and one message when a new token
    works.
    """
    with alarm_receiver() as receiver, FakeHubSpot(Options(burst=100_000, stall=3)) as hubspot:
        config = write_config(
            tmp_path, HUBSPOT.format(token=hubspot.token, crm=hubspot.url, url=receiver.url)
        )
        run_program("provision", "hubspot", "--apply", "--config", str(config)).check_returncode()
        hubspot.set_token("expired")
        with gateway(config) as running:
            assert post(running, "ann@example.edu") == 202
            fired = receiver.wait_for(cause="connector_paused", state="firing")
            until(lambda: count_noted(tmp_path / "aom-gateway.db") == 1, "it is noted")
            running.kill()
        with gateway(config) as running:
            assert (
                metric(running, "aom_gateway_connector_paused", connector="hubspot", reason="auth")
                == 1
            )
            hubspot.set_token("good")
            receiver.wait_for(cause="connector_paused", state="resolved")
            assert running.wait_until_delivered()["dead"] == 0
    assert "Service Keys" in fired["reason"]
    assert [message["state"] for message in receiver.messages] == ["firing", "resolved"]


def test_two_processes_on_one_database_tell_once(tmp_path: Path, postgresql_url: str) -> None:
    """One of them tells; when it is killed, the other tells the end."""
    with alarm_receiver() as receiver:
        configs = [
            write(tmp_path / name, receiver, store=postgresql_url, shared=tmp_path)
            for name in ("one", "two")
        ]
        with gateway(configs[0]) as first, gateway(configs[1]) as second:
            for number in range(5):
                assert post((first, second)[number % 2], f"refused{number}@example.edu") == 202
            receiver.wait_for(cause="dead_letters", state="firing")
            until(lambda: count_noted(postgresql_url) == 1, "it is noted")
            teller, other = (
                (first, second) if "alarm.posted" in first.log.read_text() else (second, first)
            )
            teller.kill()
            discard_dead(other)
            receiver.wait_for(cause="dead_letters", state="resolved")
            assert other.terminate() == 0
    assert [message["state"] for message in receiver.messages] == ["firing", "resolved"]


def test_a_receiver_that_is_down_holds_up_nothing_and_hears_of_it_later(tmp_path: Path) -> None:
    """Deliveries go on; the log says what failed, without the address; the alarm comes once the
    receiver is back.
    """
    with alarm_receiver() as receiver:
        receiver.status = 404
        with gateway(write(tmp_path, receiver)) as running:
            assert post(running, "refused0@example.edu") == 202
            until(lambda: receiver.calls, "it was tried")
            assert post(running, "fine@example.edu") == 202
            until(lambda: len(running.records("sandbox", "contact")) == 1, "the other is delivered")
            until(lambda: "alarm.not_posted" in running.log.read_text(), "it is logged")
            receiver.status = 204
            receiver.wait_for(cause="dead_letters", state="firing")
            assert (metric(running, "aom_gateway_alarms_total", outcome="failed") or 0) > 0
            assert running.terminate() == 0
        log = running.log.read_text()
    assert '"reason":"the receiver answered 404' in log
    assert SECRET not in log
    assert len(receiver.messages) == 1


def test_a_store_that_fails_is_told(tmp_path: Path) -> None:
    """Calls are answered 503, /metrics says so, an alarm comes; and another when it is over."""
    with alarm_receiver() as receiver:
        config = write(tmp_path, receiver)
        with gateway(config, prefix=["prlimit", f"--fsize={8 * 1024 * 1024}:unlimited"]) as running:
            until(
                lambda: post(running, "fine@example.edu", "x" * 700_000) == 503,
                "a call is answered 503",
            )
            fired = receiver.wait_for(cause="store_failing", state="firing")
            assert metric(running, "aom_gateway_store_writable") == 0
            subprocess.run(
                ["prlimit", "--pid", str(running.process.pid), "--fsize=unlimited:unlimited"],
                check=True,
            )
            receiver.wait_for(cause="store_failing", state="resolved")
            assert metric(running, "aom_gateway_store_writable") == 1
            assert running.terminate() == 0
    assert "answered 503" in fired["text"]
    assert len(receiver.messages) == 2
