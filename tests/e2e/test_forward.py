"""A stage that climbs and a date that is never set back, through the real process, in whatever
order events come.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx

from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, write_config

CONFIG = """
[connectors.sandbox]
type = "sandbox"

[[routes]]
events = ["order.*", "quiz.*"]
connector = "sandbox"

[[routes.upsert]]
object = "contact"
[routes.upsert.fields.stage]
value = "{{ 'customer' if order is defined and order.paid else 'lead' }}"
forward = ["lead", "customer"]

[routes.upsert.fields]
last_at = { value = "{{ event.occurred_at }}", newest = true }
last_what = { value = "{{ event.name }}", newest = "{{ event.occurred_at }}" }
newest_event = "{{ event.name }}"
"""


def quiz(person: str, day: int) -> tuple[str, dict[str, Any]]:
    return "quiz.submitted", {
        "email": person,
        "quiz": {"id": 1},
        "date_submitted": f"2024-03-{day:02} 10:00",
    }


def order(person: str) -> tuple[str, dict[str, Any]]:
    customer = {"email": person}
    return "order.placed", {
        "id": f"of-{person}",
        "status": "COMPLETED",
        "customer": customer,
        "line_items": [],
    }


def post(running: Running, event: str, body: Mapping[str, Any]) -> str:
    answer = httpx.post(f"{running.url}/in/{TOKEN}/{event}", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def fields_of(running: Running) -> dict[str, dict[str, Any]]:
    return {one["key"]: one["fields"] for one in running.records("sandbox", "contact")}


def test_nothing_falls_back(tmp_path: Path) -> None:
    """Folded or one by one, replayed or not: the order of the dates and of the stages counts, not
    that of the calls.
    """
    config = write_config(tmp_path, CONFIG)
    orders = list(permutations((1, 9, 5)))
    people = [f"p{number}@example.edu" for number in range(len(orders))]
    with gateway(config) as running:
        for person, days in zip(people, orders, strict=True):  # what comes at once is folded
            for day in days:
                post(running, *quiz(person, day))
        running.wait_until_delivered()
        assert {
            key: (one["last_at"][:10], one["last_what"]) for key, one in fields_of(running).items()
        } == dict.fromkeys(people, ("2024-03-09", "quiz.submitted"))
        for person in people:
            post(running, *order(person))
        running.wait_until_delivered()
        after_order = fields_of(running)
        assert {one["stage"] for one in after_order.values()} == {"customer"}
        assert {one["last_what"] for one in after_order.values()} == {"order.placed"}
        late = [post(running, *quiz(person, 7)) for person in people]
        running.wait_until_delivered()
        unchanged = {
            key: {**one, "newest_event": "quiz.submitted"} for key, one in after_order.items()
        }
        assert fields_of(running) == unchanged
        httpx.post(
            f"{running.url}/api/replay",
            json={"ids": late},
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
        ).raise_for_status()
        running.wait_until_delivered()
        assert fields_of(running) == unchanged
