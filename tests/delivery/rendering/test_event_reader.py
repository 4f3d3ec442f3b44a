"""A stored event is read once for all that work on it, and kept as long as there is room."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from receiver.delivery.rendering.event_reader import EventReader
from tests.delivery.test_renderer import order
from tests.mapping.sample_routes import SITE


@pytest.mark.parametrize(
    ("entry", "oldest_is_kept"), [("a text of eighty letters " * 4, True), ([1, 2, 3], False)]
)
def test_events_are_kept_by_the_memory_that_they_take(entry: object, oldest_is_kept: bool) -> None:
    """Not by their length: of those that consist of lists few are kept.

    The newest one always is.
    """
    reader = EventReader({"springfield": SITE})
    size = len(json.dumps(entry)) + 2
    payload = {
        "status": "COMPLETED",
        "customer": {"email": "a@x.test"},
        "notes": [entry] * (500_000 // size),
    }
    posts = [
        replace(order(number), body=json.dumps(payload | {"id": number}).encode())
        for number in range(1, 9)
    ]

    async def scenario() -> None:
        events = [await reader.read(post, SITE) for post in posts]
        assert await reader.read(posts[-1], SITE) is events[-1]
        assert (await reader.read(posts[0], SITE) is events[0]) is oldest_is_kept

    asyncio.run(scenario())


def test_what_one_reader_reads_once_is_not_kept() -> None:
    """What is about several people is, for the lanes of the others."""
    reader = EventReader({"springfield": SITE}, shared=False)
    receivers = [{"email": "a@x.test"}, {"email": "b@x.test"}]
    announced = replace(
        order(2),
        body=json.dumps({"receivers": receivers, "title": "Closed on Monday"}).encode(),
        named="announcement.created",
    )

    async def scenario() -> None:
        assert await reader.read(order(1), SITE) is not await reader.read(order(1), SITE)
        assert await reader.read(announced, SITE) is await reader.read(announced, SITE)

    asyncio.run(scenario())
