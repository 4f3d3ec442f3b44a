"""Several gateways on one PostgreSQL database: they share the work, and one that is killed leaves
nothing behind.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx

from receiver.aom.simulated_school import SimulatedSchool, person_of
from tests.processes import TOKEN, Running, gateway, write_config

BODY = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
path = "{directory}/sandbox.db"

[delivery]
lease_seconds = 5
"""


def test_two_gateways_share_the_work_and_one_survives_the_other(
    tmp_path: Path, postgresql_url: str
) -> None:
    """Every answered event is delivered once, in order, though one of the two is killed in the
    middle.
    """
    configs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        configs.append(
            write_config(tmp_path / name, BODY.format(directory=tmp_path), store=postgresql_url)
        )
    school = SimulatedSchool(Random(13), learners=150, at=datetime(2026, 1, 5, tzinfo=UTC))
    posts = [(name, json.dumps(payload).encode()) for name, payload in school.events(1200)]
    with gateway(configs[0]) as first, gateway(configs[1]) as second:
        answered = asyncio.run(_post_to_both(first, second, posts))
        assert len(answered) == len({*answered})
        second.wait_until_delivered(90)
        assert second.admin("/api/status")["dead"] == 0
        for object_name in ("contact", "deal"):
            keys = [record["key"] for record in second.records("sandbox", object_name)]
            assert len(keys) == len(set(keys)) > 0
        refunded = {
            f"springfield:{json.loads(body)['id']}"
            for body in answered.values()
            if b'"REFUNDED"' in body
        }
        stages = {
            deal["key"]: deal["fields"]["dealstage"] for deal in second.records("sandbox", "deal")
        }
        assert refunded
        assert {stages[key] for key in refunded} == {"refunded"}


async def _post_to_both(
    first: Running, second: Running, posts: list[tuple[str, bytes]]
) -> dict[str, bytes]:
    """Each person's events in order, alternately to both; the first gateway is killed in the
    middle, the rest goes to the second.
    """
    answered: dict[str, bytes] = {}
    people: dict[str, list[tuple[str, bytes]]] = {}
    for name, body in posts:
        people.setdefault(person_of(json.loads(body)), []).append((name, body))

    async def person(http: httpx.AsyncClient, mine: list[tuple[str, bytes]]) -> None:
        for number, (name, body) in enumerate(mine):
            doors = [first, second] if number % 2 else [second]
            for door in doors:
                try:
                    response = await http.post(f"{door.url}/in/{TOKEN}/{name}", content=body)
                except httpx.TransportError:
                    continue
                assert response.status_code in {200, 202}, response.text
                answered[response.json()["id"]] = body
                break
            if len(answered) > len(posts) // 2 and first.process.poll() is None:
                first.kill()

    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        await asyncio.gather(*(person(http, mine) for mine in people.values()))
    return answered


def test_equal_calls_to_several_gateways_at_once(tmp_path: Path, postgresql_url: str) -> None:
    """One of them is accepted, whichever process took it; and of a state that returns each change
    counts once.
    """
    configs = []
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        configs.append(
            write_config(tmp_path / name, BODY.format(directory=tmp_path), store=postgresql_url)
        )
    with gateway(configs[0]) as first, gateway(configs[1]) as second, gateway(configs[2]) as third:
        doors = [first.url, second.url, third.url]
        for number in range(30):
            for status in ("COMPLETED", "REFUNDED", "COMPLETED"):
                body = json.dumps(
                    {
                        "id": 9000 + number,
                        "status": status,
                        "customer": {"email": f"e{number}@x.org"},
                    }
                ).encode()
                answers = asyncio.run(_post_at_once(doors * 2, body))
                assert sorted(one["status"] for one in answers) == ["accepted", *["duplicate"] * 5]
                assert len({one["id"] for one in answers}) == 1
        first.wait_until_delivered()
        stages = [deal["fields"]["dealstage"] for deal in first.records("sandbox", "deal")]
        assert stages == ["won"] * 30


async def _post_at_once(doors: list[str], body: bytes) -> list[dict[str, str]]:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        answers = await asyncio.gather(
            *(http.post(f"{door}/in/{TOKEN}", content=body) for door in doors)
        )
    return [answer.json() for answer in answers]
