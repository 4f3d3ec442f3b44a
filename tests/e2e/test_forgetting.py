"""Forgetting a person through the real process, whatever was sent beside the address."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, write_config

ANN, BEN = "ann@example.edu", "ben@example.edu"


def post(running: Running, body: object) -> str:
    """A call that fails its schema, and is kept for that."""
    answer = httpx.post(f"{running.url}/in/{TOKEN}/order.placed", json=body, trust_env=False)
    assert answer.status_code == 422
    return str(answer.json()["id"])


def test_a_call_of_a_megabyte_holds_nobody_up(tmp_path: Path) -> None:
    """It is done while the client waits, the gateway answers all others, and stops when told to."""
    with gateway(write_config(tmp_path)) as running:
        for filling in ("a" * 1_000_000, "a@" * 500_000, "a." * 500_000):
            post(running, {"email": ANN, "note": filling})
        kept = post(
            running,
            {"userList": [{"email": ANN, "name": "Ann"}, {"email": BEN}], "note": "b" * 1_000_000},
        )
        admin = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        gone = httpx.delete(
            f"{running.url}/api/people/{ANN}", headers=admin, timeout=20, trust_env=False
        )
        assert (gone.status_code, gone.json()["events"], gone.json()["shared_events"]) == (
            200,
            3,
            1,
        )
        left = running.admin(f"/api/events/{kept}")
        assert ANN not in json.dumps(left)
        assert BEN in json.dumps(left)
        assert running.terminate() == 0
    assert ANN.encode() not in (tmp_path / "aom-gateway.db").read_bytes()


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("o&#39;hara@example.edu", "o'hara@example.edu"),
        ("a&amp;b@example.edu", "a&b@example.edu"),
        (["list@example.edu"], "list@example.edu"),
    ],
)
def test_an_address_that_is_escaped_or_in_a_list(
    tmp_path: Path, written: object, address: str
) -> None:
    """It is read, its person is delivered among several, and nothing of the person is left when all
    are to forget it.
    """
    with gateway(write_config(tmp_path)) as running:
        users = [
            {"id": 1, "email": written, "first_name": "Seanleaves"},
            {"id": 2, "email": BEN, "first_name": "Benstays"},
        ]
        body = {"userList": users, "enrolled_courses_list": [{"id": 9, "name": "Ethics"}]}
        sent = httpx.post(f"{running.url}/in/{TOKEN}/course.enrolled", json=body, trust_env=False)
        assert (sent.status_code, sent.json()["deliveries"]) == (202, 2)
        quarantined = post(running, {"who": users})
        running.wait_until_delivered()
        assert {record["key"] for record in running.records("sandbox", "contact")} == {address, BEN}
        admin = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        gone = httpx.delete(
            f"{running.url}/api/people/{quote(address)}", headers=admin, timeout=20, trust_env=False
        )
        assert (gone.status_code, gone.json()["shared_events"]) == (200, 2)
        left = json.dumps(
            [running.admin(f"/api/events/{id}") for id in (sent.json()["id"], quarantined)]
        )
        assert "Benstays" in left
        assert "Seanleaves" not in left
        assert running.terminate() == 0
    assert b"Seanleaves" not in (tmp_path / "aom-gateway.db").read_bytes()
