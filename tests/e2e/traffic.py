"""What a school's AOM posts to the gateway, many calls at once but each person's in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx

from receiver.aom import EVENTS, read_sample
from receiver.aom.simulated_school import SimulatedSchool, person_of
from tests.processes import TOKEN, Running

Post = tuple[str, dict[str, Any]]
"""An event's name and payload."""

SENDERS = 16


def samples() -> list[Post]:
    """AOM's own, in the order of its menu."""
    return [(name, json.loads(body)) for name in EVENTS if (body := read_sample(name))]


def orders(number: int) -> list[Post]:
    """Paid orders of as many buyers, who are new."""
    school = SimulatedSchool(Random(5), learners=1, at=datetime(2026, 1, 5, tzinfo=UTC))
    return [
        ("order.placed", _paid(school.order()[1], f"Buyer{n}@example.edu")) for n in range(number)
    ]


def days(number: int, *, learners: int, seed: int = 6) -> list[Post]:
    """So many events of all kinds, of a school at work."""
    return list(
        SimulatedSchool(
            Random(seed), learners=learners, at=datetime(2026, 1, 5, tzinfo=UTC)
        ).events(number)
    )


def last_status(posts: Sequence[Post]) -> dict[str, str]:
    """In which status each order ends, by its key in a CRM."""
    return {
        f"springfield:{payload['id']}": payload["status"]
        for name, payload in posts
        if name.startswith("order.")
    }


def buyers(posts: Sequence[Post]) -> list[tuple[str, str]]:
    """Who bought what: pairs of an order's key and its buyer's address, in order, each once."""
    return sorted(
        {
            (f"springfield:{one['id']}", one["customer"]["email"].lower())
            for name, one in posts
            if name.startswith("order.")
        }
    )


def people(posts: Sequence[Post]) -> set[str]:
    """Everybody whom the events are about, announcements aside."""
    return {
        person["email"].lower()
        for _, payload in posts
        for person in payload.get("userList") or [payload.get("customer") or payload]
    }


def post_all(running: Running, posts: Sequence[Post]) -> None:
    """Post, and see that each is taken."""
    of_people: dict[str, list[Post]] = {}
    for name, payload in posts:
        of_people.setdefault(person_of(payload), []).append((name, payload))

    waiting = iter(of_people.values())

    async def sender(http: httpx.AsyncClient) -> None:
        for name, payload in (post for posts_of_one in waiting for post in posts_of_one):
            response = await http.post(
                f"{running.url}/in/{TOKEN}/{name}", content=json.dumps(payload).encode()
            )
            assert response.status_code == 202, response.text

    async def everybody() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            await asyncio.gather(*(sender(http) for _ in range(SENDERS)))

    asyncio.run(everybody())


def _paid(order: dict[str, Any], address: str) -> dict[str, Any]:
    return {
        **order,
        "status": "COMPLETED",
        "customer": {**order["customer"], "id": order["id"], "email": address},
    }
