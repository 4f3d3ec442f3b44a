"""What is answered is kept: through kill -9, and it is delivered once the program runs again."""

from __future__ import annotations

import asyncio
import json
import zlib
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx

from receiver.aom.simulated_school import SimulatedSchool, person_of
from tests.processes import TOKEN, Running, gateway, write_config

BURST = 5_000


def test_kill_during_a_burst_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """Killed twice in a burst: every event that was answered is there and delivered; no contact or
    deal is there twice.
    """
    config = write_config(tmp_path)
    school = SimulatedSchool(Random(11), learners=400, at=datetime(2026, 1, 5, tzinfo=UTC))
    posts = [(name, json.dumps(payload).encode()) for name, payload in school.events(BURST)]
    answered: dict[str, bytes] = {}
    for part in (posts[:2000], posts[2000:4000]):
        with gateway(config) as running:
            answered |= asyncio.run(_post_until_killed(running, part, kill_after=1500))
    with gateway(config) as running:
        answered |= asyncio.run(_post_until_killed(running, posts[4000:], kill_after=None))
        status = running.wait_until_delivered(180)
        assert status["dead"] == 0
        kept = _all_events(running)
        assert set(answered) <= set(kept)
        assert {kept[id] for id in answered} == {"delivered"}
        for object_name in ("contact", "deal"):
            keys = [record["key"] for record in running.records("sandbox", object_name)]
            assert len(keys) == len(set(keys)) > 0
        _assert_last_stage(running, [json.loads(body) for body in answered.values()])


def test_sigterm_finishes_and_ends_cleanly(tmp_path: Path) -> None:
    """SIGTERM in the middle of deliveries ends with exit 0, and the rest is delivered after the
    next start at once.
    """
    config = write_config(
        tmp_path, '[connectors.sandbox]\ntype = "sandbox"\nmapping = "standard"\nlatency_ms = 300\n'
    )
    school = SimulatedSchool(Random(12), learners=800, at=datetime(2026, 1, 5, tzinfo=UTC))
    posts = [(name, json.dumps(payload).encode()) for name, payload in school.events(1500)]
    with gateway(config) as running:
        answered = asyncio.run(_post_until_killed(running, posts, kill_after=None))
        assert running.admin("/api/status")["pending"] > 0
        assert running.terminate() == 0
    with gateway(config) as running:
        running.wait_until_delivered(60)
        assert set(_all_events(running).values()) == {"delivered"}
        assert answered
        # pending, paid, refunded
        assert max(record["writes"] for record in running.records("sandbox", "deal")) <= 3


async def _post_until_killed(
    running: Running, posts: list[tuple[str, bytes]], kill_after: int | None
) -> dict[str, bytes]:
    """Post as 32 senders at once, each person's events in order; kill the process after so many
    answers. Returns the answered ids.
    """
    answered: dict[str, bytes] = {}

    async def sender(http: httpx.AsyncClient, mine: list[tuple[str, bytes]]) -> None:
        for name, body in mine:
            try:
                response = await http.post(f"{running.url}/in/{TOKEN}/{name}", content=body)
            except httpx.TransportError:
                return
            assert response.status_code in {200, 202}, response.text
            answered[response.json()["id"]] = body
            if kill_after and len(answered) == kill_after:
                running.process.kill()

    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        shares: dict[int, list[tuple[str, bytes]]] = {}
        for name, body in posts:
            shares.setdefault(zlib.crc32(person_of(json.loads(body)).encode()) % 32, []).append(
                (name, body)
            )
        await asyncio.gather(*(sender(http, share) for share in shares.values()))
    return answered


def _all_events(running: Running) -> dict[str, str]:
    found: dict[str, str] = {}
    before = ""
    while True:
        page = running.admin("/api/events?limit=500" + (f"&before={before}" if before else ""))
        found |= {item["id"]: item["state"] for item in page["items"]}
        before = page["next"]
        if not before:
            return found


def _assert_last_stage(running: Running, payloads: list[dict[str, object]]) -> None:
    """A deal whose refund was answered is refunded: nothing was written out of order."""
    refunded = {
        f"springfield:{payload['id']}"
        for payload in payloads
        if payload.get("status") == "REFUNDED"
    }
    stages = {
        deal["key"]: deal["fields"]["dealstage"] for deal in running.records("sandbox", "deal")
    }
    assert refunded
    assert {stages[key] for key in refunded} == {"refunded"}
