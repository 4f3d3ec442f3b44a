"""The threads of the inbox: those for people and those for deliveries."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from sqlalchemy import Engine, event

from connectors.base import RateLimit
from receiver.inbox import Inbox
from tests.inbox.store import LEASE, NOW, claim_one, delivered, new, seconds, stored


@stored
async def test_slow_questions_hold_up_no_lease(inbox: Inbox) -> None:
    """While many people wait for what takes long to find, all that a dispatcher does goes on."""
    go_on = threading.Event()

    def slow(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM drift" in statement:
            go_on.wait(60)

    await inbox.accept(new("a"))
    event.listen(Engine, "before_cursor_execute", slow)
    asking = [asyncio.create_task(inbox.drift()) for _ in range(20)]
    try:
        async with asyncio.timeout(30):
            await _deliver(inbox)
        assert not any(one.done() for one in asking)
    finally:
        go_on.set()
        answers = await asyncio.gather(*asking)
        event.remove(Engine, "before_cursor_execute", slow)
    assert answers == [[]] * 20


async def _deliver(inbox: Inbox) -> None:
    """All that a dispatcher does."""
    assert (await inbox.state("crm")).paused is None
    assert await inbox.next_due("crm", NOW) == NOW
    assert await inbox.ready_lanes("crm", limit=9, now=NOW) == (1, 0)
    claimed = await claim_one(inbox)
    assert await inbox.extend([claimed], lease=LEASE, now=NOW) == {claimed.lane_id}
    assert await inbox.take("crm", 1, limit=RateLimit(calls=100, seconds=10), now=NOW) == 0.0
    assert await inbox.remotes("crm", [("contact", claimed.person_key)]) == {}
    await inbox.remember([], now=NOW)
    await inbox.pause("crm", kind="unavailable", reason="down", until=NOW + seconds(1), now=NOW)
    assert await inbox.resume("crm", until=NOW + seconds(1))
    assert (await inbox.settle([delivered(claimed)], now=NOW)).delivered == 1
