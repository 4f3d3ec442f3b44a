"""What the log of a real process tells of the people whose data passes through it: nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import TOKEN, gateway, until, write_config

NAME, SURNAME, ADDRESS = "Zebedee", "Quuxington", "zebedee.quuxington@example.edu"
REFUSING = f"""
[connectors.sandbox]
type = "sandbox"

[[connectors.sandbox.refuse]]
object = "contact"
field = "surname"
pattern = "{SURNAME}"
code = "NOT_WANTED"
message = "{NAME} {SURNAME} <{ADDRESS}> is not wanted here"

[[routes]]
name = "refused"
events = ["account.created"]
connector = "sandbox"
[[routes.upsert]]
object = "contact"
fields.surname = "{{{{ person.last_name }}}}"

[[routes]]
name = "fails"
events = ["quiz.submitted"]
connector = "sandbox"
[[routes.upsert]]
object = "contact"
fields.surname = "{{{{ person.last_name | date('%Y') }}}}"
"""
ACCOUNT = {
    "id": 1,
    "first_name": NAME,
    "last_name": SURNAME,
    "email": ADDRESS,
    "date_registered": "Aug 11, 2020 04:58 PM",
}
QUIZ = {
    "id": 2,
    "first_name": NAME,
    "last_name": SURNAME,
    "email": ADDRESS,
    "quiz": {"id": 1, "name": "Quiz"},
}


@pytest.mark.parametrize(
    ("event", "body", "said", "stored"),
    [
        (
            "account.created",
            ACCOUNT,
            {"code": "NOT_WANTED", "field": "surname"},
            f"{SURNAME} <{ADDRESS}> is not wanted here",
        ),
        (
            "quiz.submitted",
            QUIZ,
            {"code": "mapping", "field": "routes[1].upsert[0].fields.surname"},
            "| date takes a date",
        ),
    ],
)
def test_a_refusal_is_logged_without_the_learner(
    tmp_path: Path, event: str, body: dict[str, Any], said: dict[str, str], stored: str
) -> None:
    """Delivery, code and field stand in the log; the CRM's words, which quote address and name, in
    the store alone.
    """
    with gateway(write_config(tmp_path, REFUSING)) as running:
        kept = httpx.post(f"{running.url}/in/{TOKEN}/{event}", json=body, trust_env=False).json()
        running.wait_until_delivered()
        until(lambda: "delivery.dead" in running.log.read_text(), "the log tells of it")
        (line,) = [
            json.loads(line)
            for line in running.log.read_text().splitlines()
            if "delivery.dead" in line
        ]
        assert line.items() >= said.items()
        (delivery,) = running.admin(f"/api/events/{kept['id']}")["deliveries"]
        assert stored in str(delivery)
        assert running.terminate() == 0
    assert_nobody_in(running.log.read_text())


def assert_nobody_in(log: str) -> None:
    assert [word for word in (NAME, SURNAME, ADDRESS, "@") if word.lower() in log.lower()] == []
