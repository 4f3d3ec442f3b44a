"""AOM's own samples, from the POST to the contact and the deal, through the real process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from receiver.aom import EVENTS, read_sample
from tests.processes import TOKEN, Running, gateway, write_config

SAMPLES = {name: body for name in EVENTS if (body := read_sample(name))}
CONTACTS = {"johndoe@academyofmine.com", "dev@academyofmine.com", "student@app.com"}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with gateway(write_config(tmp_path)) as running:
        yield running


def post(running: Running, body: bytes, event: str | None = None) -> httpx.Response:
    return httpx.post(
        f"{running.url}/in/{TOKEN}" + (f"/{event}" if event else ""), content=body, trust_env=False
    )


@pytest.mark.parametrize("own_url", [False, True], ids=["shared URL", "own URL"])
def test_samples_become_contacts_and_deals(running: Running, own_url: bool) -> None:
    """All nine samples are recognised, delivered, and end as one contact per e-mail and one deal
    for order 19.
    """
    for name, body in SAMPLES.items():
        answer = post(running, body, name if own_url else None)
        assert (answer.status_code, answer.json()["event"]) == (202, name)
    status = running.wait_until_delivered()
    assert status["dead"] == status["quarantined"] == 0
    contacts = {record["key"]: record for record in running.records("sandbox", "contact")}
    assert set(contacts) == CONTACTS
    assert contacts["student@app.com"]["fields"]["lastname"] == "Student"
    assert contacts["johndoe@academyofmine.com"]["fields"]["firstname"] == "John"
    (deal,) = running.records("sandbox", "deal")
    assert (deal["key"], deal["fields"]["status"], deal["fields"]["dealstage"]) == (
        "springfield:19",
        "REFUNDED",
        "refunded",
    )
    assert [link["key"] for link in deal["links"]] == ["student@app.com"]
    assert deal["fields"]["amount"] == "220"


def test_a_sample_posted_twice_is_a_duplicate(running: Running) -> None:
    """The same content on either URL is answered 200 with the first id, and written once."""
    first = post(running, SAMPLES["order.placed"]).json()
    for event in (None, "order.placed"):
        again = post(running, SAMPLES["order.placed"], event)
        assert again.status_code == 200
        assert again.json() == {
            "id": first["id"],
            "event": "order.placed",
            "status": "duplicate",
            "deliveries": 0,
        }
    running.wait_until_delivered()
    assert [deal["writes"] for deal in running.records("sandbox", "deal")] == [1]


def test_an_order_ends_in_its_last_stage(running: Running) -> None:
    """Placed then refunded leaves one refunded deal, however quickly one follows the other; e-mails
    differ in case only.
    """
    for number in range(20):
        for event, status in (("order.placed", "COMPLETED"), ("order.refunded", "REFUNDED")):
            payload = json.loads(SAMPLES[event])
            payload |= {"id": 100 + number, "status": status}
            payload["customer"]["email"] = "STUDENT@app.com" if number % 2 else "student@App.com"
            assert post(running, json.dumps(payload).encode(), event).status_code == 202
    running.wait_until_delivered()
    deals = running.records("sandbox", "deal")
    assert {deal["fields"]["dealstage"] for deal in deals} == {"refunded"}
    assert len(deals) == 20
    assert [contact["key"] for contact in running.records("sandbox", "contact")] == [
        "student@app.com"
    ]


def test_an_order_ends_in_its_last_stage_though_calls_fail(tmp_path: Path) -> None:
    """The same while every other call of the CRM fails, before or after it was done."""
    config = write_config(
        tmp_path,
        '[connectors.sandbox]\ntype = "sandbox"\nmapping = "standard"\nfail_rate = 0.5\nseed = 3\n',
    )
    with gateway(config) as running:
        for event in ("order.placed", "order.refunded"):
            assert post(running, SAMPLES[event], event).status_code == 202
        status = running.wait_until_delivered(120)
        assert status["dead"] == 0
        assert [deal["fields"]["dealstage"] for deal in running.records("sandbox", "deal")] == [
            "refunded"
        ]
