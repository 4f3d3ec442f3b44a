"""The threads of the inbox: those for people and those for deliveries."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from sqlalchemy import Engine, event

from receiver.inbox import ConnectorState, Inbox, role_of
from tests.inbox.store import NOW, delivered, new, seconds, settle, stored


@stored
async def test_slow_questions_hold_up_no_delivery(inbox: Inbox) -> None:
    """While many people wait for what takes long to find, all that a leader does goes on."""
    go_on = threading.Event()

    def slow(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM drift" in statement:
            go_on.wait(60)

    await inbox.accept(new("a"))
    event.listen(Engine, "before_cursor_execute", slow)
    asking = [asyncio.create_task(inbox.list_drift()) for _ in range(20)]
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
    """All that a leader does."""
    role = role_of("crm")
    term = await inbox.take_lead(role, holder="test", lease=seconds(6), now=NOW)
    assert term
    assert (await inbox.find_state("crm")).paused is None
    assert await inbox.correct_waits("crm", now=NOW) == 0
    (queue,) = await inbox.list_queues("crm", limit=9, busy=(), now=NOW)
    (lane,) = await inbox.load_lanes(queue.due, now=NOW)
    assert await inbox.find_record_states("crm", [("contact", lane.person_key)]) == {}
    renewed = await inbox.renew_lead(role, term.epoch, lease=seconds(6), calls_end_in=1, now=NOW)
    assert renewed == ""
    assert (await settle(inbox, [delivered(lane)], epoch=term.epoch, now=NOW)).delivered == 1
    await inbox.keep_state(ConnectorState("crm", "unavailable", "down"), term.epoch)
    await inbox.ask_for_lead(role, "rival 0")
    await inbox.give_back_lead(role, term.epoch, calls_end_in=None, now=NOW)
