"""How often a key that no schema knows was met."""

from __future__ import annotations

import asyncio

from receiver.inbox import Inbox
from tests.inbox.store import (
    NOW,
    new,
    seconds,
    stored,
)


@stored
async def test_unknown_keys_are_counted(inbox: Inbox) -> None:
    """By source, event and key, with the first and the last time; a duplicate does not count."""
    await asyncio.gather(
        *(
            inbox.accept(new(f"{number}", unknown=("vip",), at=NOW + seconds(number)))
            for number in range(5)
        )
    )
    await inbox.accept(new("0", unknown=("vip",)))
    await inbox.accept(new("x", source="shelbyville", unknown=("vip", "age"), at=NOW + seconds(9)))
    found = {
        (one.source, one.path): (one.event, one.count, one.first_at, one.last_at)
        for one in await inbox.list_drift()
    }
    assert found == {
        ("springfield", "vip"): ("order.placed", 5, NOW, NOW + seconds(4)),
        ("shelbyville", "vip"): ("order.placed", 1, NOW + seconds(9), NOW + seconds(9)),
        ("shelbyville", "age"): ("order.placed", 1, NOW + seconds(9), NOW + seconds(9)),
    }


@stored
async def test_endless_unknown_keys_are_counted_together(inbox: Inbox) -> None:
    """A sender that makes up keys fills no table: beyond 200 of an event they share one row."""
    await asyncio.gather(
        *(inbox.accept(new(f"{number}", unknown=(f"key_{number}",))) for number in range(250))
    )
    found = {one.path: one.count for one in await inbox.list_drift()}
    assert len(found) == 201
    assert found["…"] == 50
