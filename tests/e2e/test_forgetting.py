"""Forgetting a person through the real process, whatever was sent beside the address."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

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
        kept = post(running, {"userList": [{"email": ANN, "name": "Ann"}, {"email": BEN}], "note": "b" * 1_000_000})
        admin = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        gone = httpx.delete(f"{running.url}/api/people/{ANN}", headers=admin, timeout=20, trust_env=False)
        assert (gone.status_code, gone.json()["events"], gone.json()["shared_events"]) == (200, 3, 1)
        left = running.admin(f"/api/events/{kept}")
        assert ANN not in json.dumps(left)
        assert BEN in json.dumps(left)
        assert running.terminate() == 0
    assert ANN.encode() not in (tmp_path / "aom-gateway.db").read_bytes()
