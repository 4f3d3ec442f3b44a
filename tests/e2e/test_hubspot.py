"""HubSpot through the real process: what AOM posts, and what the account holds then."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from receiver.aom import EVENTS, sample
from receiver.simulation import School, person_of
from tests.fakes.hubspot import FakeHubSpot, Options
from tests.processes import TOKEN, Running, gateway, get_json, until, write_config

BODY = """
[connectors.hubspot]
type = "hubspot"
access_token = "{token}"
base_url = "{url}"
mapping = "standard"
"""


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot(Options(burst=100_000, stall=3)) as fake:
        yield fake


def configure(directory: Path, hubspot: FakeHubSpot) -> Path:
    """A gateway for the account, which has been provisioned by the command line."""
    config = write_config(directory, BODY.format(token=hubspot.token, url=hubspot.url))
    command = [sys.executable, "-m", "receiver.cli", "provision", "hubspot", "--apply", "--config", str(config)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    checked = subprocess.run([*command[:3], "check", "--online", "--config", str(config)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    hubspot.reset_calls()
    return config


def post_all(running: Running, posts: list[tuple[str, dict[str, Any]]]) -> None:
    """Each person's events in order."""
    people: dict[str, list[tuple[str, bytes]]] = {}
    for name, payload in posts:
        people.setdefault(person_of(payload), []).append((name, json.dumps(payload).encode()))

    async def person(http: httpx.AsyncClient, mine: list[tuple[str, bytes]]) -> None:
        for name, body in mine:
            response = await http.post(f"{running.url}/in/{TOKEN}/{name}", content=body)
            assert response.status_code in {200, 202}, response.text

    async def everybody() -> None:
        limits = httpx.Limits(max_connections=16)
        async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as http:
            await asyncio.gather(*(person(http, mine) for mine in people.values()))

    asyncio.run(everybody())


def orders(number: int) -> list[tuple[str, dict[str, Any]]]:
    """Paid orders of as many buyers, each of one."""
    school = School(Random(5), learners=1, at=datetime(2026, 1, 5, tzinfo=UTC))
    made = []
    for n in range(number):
        _, order = school.order()
        order["customer"] |= {"id": n, "email": f"Buyer{n}@example.edu"}
        made.append(("order.placed", {**order, "status": "COMPLETED"}))
    return made


def test_the_samples_become_contacts_and_a_deal(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    """One contact per e-mail, one deal for order 19 at its last stage, linked; the same again from an empty store creates nothing."""
    config = configure(tmp_path, hubspot)
    for _ in range(2):
        with gateway(config) as running:
            for name in EVENTS:
                if body := sample(name):
                    assert httpx.post(f"{running.url}/in/{TOKEN}", content=body, trust_env=False).status_code == 202
            assert running.wait_until_delivered()["dead"] == 0
        contacts = {contact["email"]: contact for contact in hubspot.records("contacts")}
        assert set(contacts) == {"johndoe@academyofmine.com", "dev@academyofmine.com", "student@app.com", "ehj@academyofmine.com"}
        assert contacts["student@app.com"]["lifecyclestage"] == "customer"
        (deal,) = hubspot.records("deals")
        assert (deal["aom_order_key"], deal["aom_order_status"], deal["amount"]) == ("springfield-19", "REFUNDED", "220")
        assert deal["dealstage"] == "closedlost"
        assert hubspot.associations() == {(contacts["student@app.com"]["id"], deal["id"])}
        assert hubspot.created()["contacts"] == 4
        for file in tmp_path.glob("aom-gateway.db*"):
            file.unlink()


def test_an_expired_token_pauses_and_a_backlog_costs_few_calls(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    """The alarm is in /readyz and /metrics, no attempt is burnt; when the token is right again, 2,000 orders cost at most 70 calls."""
    config = configure(tmp_path, hubspot)
    hubspot.set_token("expired")
    with gateway(config) as running:
        post_all(running, orders(2000))

        def state() -> Any:
            return get_json(running.url + "/readyz")["connectors"]["hubspot"]

        until(lambda: state()["state"] == "paused", "the connector is paused")
        assert "Service Keys" in state()["reason"]
        assert 'connector_paused{connector="hubspot",reason="auth"} 1.0' in httpx.get(running.url + "/metrics", trust_env=False).text
        hubspot.set_token("good")
        hubspot.reset_calls()
        status = running.wait_until_delivered(90)
        assert (status["dead"], status["connectors"]["hubspot"]["state"]) == (0, "running")
        assert hubspot.calls() <= 0.035 * 2000
        assert hubspot.created()["contacts"] == hubspot.created()["deals"] == len(hubspot.associations()) == 2000
        assert '"connector.paused"' in running.log.read_text()


def test_one_bad_record_dies_alone(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    """What HubSpot refuses is a dead letter with its words and the field; the others of the batch are written."""
    config = configure(tmp_path, hubspot)
    posts = orders(60)
    posts[30][1]["customer"]["first_name"] = "x" * 70_000
    hubspot.set_token("expired")
    with gateway(config) as running:
        post_all(running, posts)
        hubspot.set_token("good")
        until(lambda: running.admin("/api/status")["pending"] == 0, "all but one are delivered", 90)
        assert running.admin("/api/status")["dead"] == 1
        (dead,) = running.admin("/api/events?state=dead")["items"]
        delivery = running.admin(f"/api/events/{dead['id']}")["deliveries"][0]
        assert delivery["reason"].startswith("firstname: ")
        assert len(hubspot.records("contacts")) == len(hubspot.records("deals")) == 59


def test_calls_that_fail_lose_and_double_nothing(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    """A fifth of all calls fails, before or after it was applied: everything ends written, in order, once, and nothing is dead."""
    config = configure(tmp_path, hubspot)
    school = School(Random(6), learners=60, at=datetime(2026, 1, 5, tzinfo=UTC))
    posts = list(school.events(400))
    hubspot.at_random(0.2, seed=4)
    with gateway(config) as running:
        post_all(running, posts)
        status = running.wait_until_delivered(150)
        assert status["dead"] == 0
    last = {payload["id"]: payload["status"] for name, payload in posts if name.startswith("order.")}
    deals = {deal["aom_order_key"]: deal["aom_order_status"] for deal in hubspot.records("deals")}
    assert deals == {f"springfield-{number}": status for number, status in last.items()}
    assert len(hubspot.records("deals")) == len(last) == len(hubspot.associations())
    emails = [contact["email"] for contact in hubspot.records("contacts")]
    assert len(emails) == len(set(emails))
