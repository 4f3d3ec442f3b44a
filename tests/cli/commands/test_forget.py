"""`forget`: the address is nowhere afterwards, and nothing of the others is lost.

The bytes of the files are read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zlib import crc32

import httpx

from tests.cli.command import command
from tests.processes import TOKEN, Running, gateway, write_config

ANN, BEN = "ann.forgotten@example.edu", "ben.remembered@example.edu"

BODY = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
[[connectors.sandbox.refuse]]
field = "lastname"
value = "Refused"
code = "BAD"
message = "Ann.Forgotten@example.edu is no owner"

[connectors.echo]
type = "sandbox"

[[routes]]
name = "mistaken"
events = ["account.created"]
connector = "echo"

[[routes.upsert]]
object = "contact"
fields.when = "{{ person.name | date }}"
"""


def post(running: Running, event: str, payload: Any) -> tuple[int, str]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    answer = httpx.post(
        f"{running.url}/in/{TOKEN}/{event}", content=body, trust_env=False, timeout=30
    )
    return answer.status_code, answer.json()["id"]


def account(email: str, **other: Any) -> dict[str, Any]:
    return {
        "id": crc32(email.encode()),
        "email": email,
        "first_name": "A",
        "last_name": "Lee",
        "date_registered": "2026-01-02 10:00:00",
        **other,
    }


def order(number: int, email: str, **other: Any) -> dict[str, Any]:
    return {
        "id": number,
        "status": "COMPLETED",
        "line_items": [],
        "customer": {"email": email, "last_name": "Lee"},
        **other,
    }


def enrolment(*emails: str) -> dict[str, Any]:
    learners = [
        {"id": crc32(email.encode()), "email": email, "first_name": email[:3]} for email in emails
    ]
    return {"userList": learners, "enrolled_courses_list": [{"id": 1, "name": "Algebra"}]}


def escaped(payload: Any) -> bytes:
    """As a sender that escapes more than it has to."""
    return json.dumps(payload).replace("@", "\\u0040").encode()


def leaks(directory: Path, address: str) -> dict[str, list[str]]:
    """The store's files that hold the address, in whatever form."""
    forms = {address, quote(address), quote(address, safe=""), address.replace("@", "\\u0040")}
    found = {
        path.name: path.read_bytes().lower().decode("latin-1")
        for path in directory.glob("aom-gateway.db*")
        if path.suffix != ".lock"
    }
    assert any(BEN in content for content in found.values())
    return {
        name: left
        for name, content in found.items()
        if (left := [form for form in forms if form.lower() in content])
    }


def fill(running: Running) -> dict[str, str]:
    """All the places in which an address can stand; ids of the events by what they are."""
    upper = ANN.upper()
    calls: dict[str, tuple[str, Any]] = {
        "order": ("order.placed", order(1, ANN)),
        "upper case": ("order.placed", order(2, upper)),
        "escaped": ("order.placed", escaped(order(3, ANN))),
        "refused": ("order.placed", order(4, ANN, customer={"email": ANN, "last_name": "Refused"})),
        "unrenderable": ("account.created", account(ANN)),
        "shared": ("course.enrolled", enrolment(BEN, upper, "cid.remembered@example.edu")),
        "unrouted": (
            "announcement.created",
            {"announcement": "Hi", "receivers": [{"email": ANN}, {"email": BEN}]},
        ),
        "mentioned": (
            "order.placed",
            order(
                5, BEN, notes=[{"note": f"a gift for {upper}, see /people/{quote(ANN, safe='')}"}]
            ),
        ),
        "key": ("account.created", {**account(BEN), "scores": {ANN: 7}, ANN.upper(): 1}),
        "named in a reason": (
            "order.placed",
            order(6, BEN, customer={"email": BEN, "last_name": "Refused"}),
        ),
        "quarantined": ("order.placed", {"customer": {"email": ANN}}),
        "quarantined, escaped": ("order.placed", escaped({"customer": {"email": upper}})),
        "quarantined, of several": (
            "course.enrolled",
            {"userList": [{"email": ANN}, {"email": BEN}], "enrolled_courses_list": 3},
        ),
        "quarantined, no JSON": ("order.placed", f'{{"email": "{ANN}", '.encode()),
        "quarantined, binary": (
            "order.placed",
            b'\x00\xff{"email": "' + ANN.upper().encode() + b'"',
        ),
        "quarantined, percent": ("", f"email={quote(ANN, safe='')}&x=1".encode()),
        "others'": ("order.placed", order(7, BEN)),
    }
    ids = {name: post(running, event, payload)[1] for name, (event, payload) in calls.items()}
    running.wait_until_delivered()
    return ids


def test_the_address_is_nowhere_in_the_store(tmp_path: Path) -> None:
    """Whatever it stood in: payloads in any writing, lanes, attempts, reasons, drift, quarantine,
    and what a repetition is known by.
    """
    with gateway(write_config(tmp_path, BODY)) as running:
        ids = fill(running)
        assert running.admin("/api/status")["dead"] >= 2
        assert leaks(tmp_path, ANN)
        said = command("forget", ANN.title(), "--yes", at=tmp_path).out
        assert "events that were theirs alone" in said
        assert "events that go on without them" in said
        assert "what was written to a CRM, a sandbox among them" in said
        assert "backups" in said
        assert leaks(tmp_path, ANN) == {}
        shared = running.admin(f"/api/events/{ids['shared']}")
        assert sorted(delivery["person"] for delivery in shared["deliveries"]) == [
            BEN,
            "cid.remembered@example.edu",
        ]
        for name in ("others'", "mentioned", "key", "named in a reason", "unrouted"):
            assert running.admin(f"/api/events/{ids[name]}")["id"] == ids[name]
        # out of its reach, as it says
        assert ANN in {record["key"] for record in running.records("sandbox", "contact")}
        status, again = post(running, "order.placed", order(1, ANN))
        assert (status, again != ids["order"]) == (202, True)
        running.wait_until_delivered()
        assert running.admin(f"/api/events/{again}")["state"] == "delivered"
        assert json.loads(command("forget", ANN, "--yes", "--json", at=tmp_path).out)["events"] == 1
        assert running.terminate() == 0
    assert leaks(tmp_path, ANN) == {}


def test_logs_do_not_name_the_forgotten(tmp_path: Path) -> None:
    """The erasure is no line that names whom it was about."""
    config = write_config(tmp_path)
    with gateway(config) as running:
        post(running, "account.created", account(ANN))
        post(running, "account.created", account(BEN))
        running.wait_until_delivered()
        command("forget", ANN, "--yes", at=tmp_path)
        assert ANN not in running.log.read_text()


def test_nobody_is_forgotten_by_mistake(tmp_path: Path) -> None:
    """An address that is part of another one takes nothing of it along."""
    with gateway(write_config(tmp_path)) as running:
        _, kept = post(running, "account.created", account(f"jo{BEN}"))
        post(running, "account.created", account(BEN))
        running.wait_until_delivered()
        command("forget", BEN, "--yes", at=tmp_path)
        event = running.admin(f"/api/events/{kept}")
        assert event["deliveries"][0]["person"] == f"jo{BEN}"
        assert json.loads(event["raw"])["email"] == f"jo{BEN}"
