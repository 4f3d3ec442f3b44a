"""Out of quarantine through the real process: another event name, or an edited body, by API,
command and console.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import pytest

from tests.cli.test_commands import run, run_json
from tests.console.visitor import Visitor, signed_in_cookie
from tests.e2e.sender import deal, fields, order, post
from tests.processes import ADMIN_TOKEN, Running, gateway, write_config


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("amend")


@pytest.fixture(scope="module")
def running(directory: Path) -> Iterator[Running]:
    with gateway(write_config(directory)) as running:
        yield running


def quarantined(running: Running, body: Any, event: str = "") -> str:
    answer = post(running, body, event)
    assert (answer.status_code, answer.json()["kept"]) == (422, True)
    return str(answer.json()["id"])


def amend(running: Running, id: str, **given: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    return httpx.post(
        f"{running.url}/api/quarantine/{id}/amend",
        json=given,
        headers=headers,
        trust_env=False,
        timeout=60,
    )


def account(email: str) -> dict[str, Any]:
    return {
        "id": crc32(email.encode()),
        "first_name": "Ada",
        "email": email,
        "date_registered": "Aug 11, 2020 04:58 PM",
    }


def test_another_name_lets_it_out(running: Running) -> None:
    """As it came it stays readable beside it."""
    id = quarantined(running, account("typo@example.edu"), "acount.craeted")
    answer = amend(running, id, event="account.created")
    assert (answer.status_code, answer.json()) == (
        200,
        {"id": id, "event": "account.created", "status": "accepted", "deliveries": 1},
    )
    assert fields(running, "contact", "typo@example.edu") is not None
    event = running.admin(f"/api/events/{id}")
    assert (event["state"], event["named"], event["original"]["named"]) == (
        "delivered",
        "account.created",
        "acount.craeted",
    )
    assert json.loads(event["original"]["raw"]) == account("typo@example.edu")


@pytest.mark.parametrize("as_text", [False, True])
def test_an_edited_body_lets_it_out_before_later_events(running: Running, as_text: bool) -> None:
    """The order was refunded meanwhile: the amended call must not undo that."""
    number = 501 + as_text
    wrong = order(number) | {"customer": {"email": "nobody"}}
    id = quarantined(running, wrong)
    post(running, order(number, "REFUNDED"))
    running.wait_until_delivered()
    mended: Any = order(number)
    answer = amend(running, id, body=json.dumps(mended) if as_text else mended)
    assert (answer.json()["event"], answer.json()["status"]) == ("order.placed", "accepted")
    running.wait_until_delivered()
    assert deal(running, number)["dealstage"] == "refunded"
    event = running.admin(f"/api/events/{id}")
    assert (json.loads(event["raw"]), json.loads(event["original"]["raw"])) == (mended, wrong)


def test_what_still_has_faults_stays_as_it_was(running: Running) -> None:
    """With the reasons; and nothing is kept of the attempt."""
    body = {"date_registered": "x", "id": 5}
    id = quarantined(running, body)
    answer = amend(running, id, event="quiz.submitted", body={"email": "nobody"})
    assert answer.status_code == 422
    assert "email: must be an e-mail address" in answer.json()["detail"]
    event = running.admin(f"/api/events/{id}")
    assert (event["state"], event["original"], json.loads(event["raw"])) == (
        "quarantined",
        None,
        body,
    )


def test_what_repeats_another_event_leaves_the_quarantine(running: Running) -> None:
    """It is that event already."""
    first = post(running, account("twice@example.edu")).json()["id"]
    id = quarantined(running, account("twice@example.edu"), "nothing.known")
    assert amend(running, id, event="account.created").json()["status"] == "duplicate"
    assert amend(running, id, event="account.created").json()["id"] == first
    assert running.admin(f"/api/events/{id}")["state"] == "discarded"


def test_only_what_is_in_quarantine_is_amended(running: Running) -> None:
    """An accepted event, or none at all, is not; and something has to be given."""
    id = post(running, account("fine@example.edu")).json()["id"]
    assert [
        amend(running, which, event="quiz.submitted").status_code for which in (id, "0" * 32)
    ] == [404, 404]
    assert [amend(running, id).status_code, amend(running, id, evnt="x").status_code] == [422, 422]


def test_a_cancelled_order_on_the_shared_url_gets_its_name(running: Running) -> None:
    """The operator says what it is; being off, it has failed."""
    id = quarantined(running, order(510, "CANCELLED"))
    assert amend(running, id, event="order.placed").json()["event"] == "order.failed"
    running.wait_until_delivered()
    assert deal(running, 510)["dealstage"] == "lost"


def test_the_person_is_forgotten_in_the_original_too(running: Running) -> None:
    """Also where only the call as it came named them."""
    body = account("old.address@example.edu")
    id = quarantined(running, body, "nothing.known")
    amend(running, id, event="account.created", body=account("new.address@example.edu"))
    running.wait_until_delivered()
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    httpx.delete(
        f"{running.url}/api/people/old.address@example.edu",
        headers=headers,
        trust_env=False,
        timeout=60,
    ).raise_for_status()
    assert "old.address" not in json.dumps(running.admin(f"/api/events/{id}"))


def test_the_command(running: Running, directory: Path) -> None:
    """By name, by file; wrong use and faults end with 2."""
    id = quarantined(running, account("command@example.edu"), "nothing.known")
    assert "Say what it is" in run("quarantine", "amend", id, at=directory, code=2)
    assert "is no event of AOM" in run(
        "quarantine", "amend", id, "--event", "nothing.else", at=directory, code=2
    )
    (directory / "mended.json").write_text(json.dumps(account("mended@example.edu")))
    told = run_json(
        "quarantine",
        "amend",
        id,
        "--event",
        "account.created",
        "--body",
        "mended.json",
        at=directory,
    )
    assert (told["id"], told["status"], told["deliveries"]) == (id, "accepted", 1)
    assert fields(running, "contact", "mended@example.edu") is not None


def test_the_console(running: Running) -> None:
    """The page of a call in quarantine has a form; with faults it comes back with what was
    typed.
    """
    id = quarantined(running, account("console@example.edu"), "nothing.known")
    visitor = Visitor(running.url, signed_in_cookie(running.url))
    assert "Amend it" in visitor.get(f"/console/events/{id}").text
    bad = visitor.post(f"/console/events/{id}/amend", {"event": "", "body": "{\r\n &typed"})
    assert (bad.status_code, "&amp;typed" in bad.text) == (422, True)
    mended = {"event": "account.created", "body": json.dumps(account("console@example.edu"))}
    assert visitor.post(f"/console/events/{id}/amend", mended).status_code == 303
    assert fields(running, "contact", "console@example.edu") is not None
    assert "before it was amended" in visitor.get(f"/console/events/{id}").text
