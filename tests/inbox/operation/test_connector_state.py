"""What is kept of a connector: its pause, its note, the sizes of its calls and its bucket."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from receiver.inbox import ConnectorState, Inbox
from tests.inbox.store import (
    ANN,
    NOW,
    contact_state,
    delivered,
    keep_state,
    new,
    open_inbox,
    rows,
    seconds,
    settle,
    stored,
    take_lead,
    take_one,
)

PAUSED = ConnectorState(
    "crm",
    "throttled",
    "too many calls",
    since=NOW,
    until=NOW + seconds(20),
    wait=seconds(15),
    note="slow",
    sizes={"contact": 50, "deal": 1},
    tokens=2.5,
)


@stored
async def test_what_is_kept_is_read_back(inbox: Inbox) -> None:
    """All of it, of this connector only; what is kept later takes its place as a whole."""
    assert await inbox.find_state("crm") == ConnectorState("crm")
    assert await inbox.find_states() == {}
    await keep_state(inbox, PAUSED)
    assert await inbox.find_state("crm") == PAUSED
    assert await inbox.find_states() == {"crm": PAUSED}
    assert await inbox.find_state("other") == ConnectorState("other")
    await keep_state(inbox, ConnectorState("crm", tokens=0.0))
    assert await inbox.find_state("crm") == ConnectorState("crm", tokens=0.0)


@stored
async def test_words_that_no_database_holds_are_kept(inbox: Inbox) -> None:
    """A CRM's own words may hold a NUL; it is replaced, and the pause stands."""
    await keep_state(inbox, ConnectorState("crm", "auth", "the token\x00", NOW, note="a\x00b"))
    known = await inbox.find_state("crm")
    assert (known.reason, known.note) == ("the token\ufffd", "a\ufffdb")


def test_a_pause_outlives_the_process(store_url: str) -> None:
    """Whoever leads next finds it in the store, and so do other processes."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            await keep_state(inbox, PAUSED)
        async with open_inbox(store_url) as inbox:
            assert await inbox.find_state("crm") == PAUSED

    asyncio.run(main())


@stored
async def test_who_no_longer_leads_keeps_nothing(inbox: Inbox) -> None:
    """A leader that was frozen does not put its pause over what its successor knows."""
    old = await take_lead(inbox)
    await keep_state(inbox, ConnectorState("crm", note="well"))
    await inbox.keep_state(PAUSED, old)
    assert (await inbox.find_state("crm")).note == "well"


@pytest.mark.parametrize(
    ("at", "left"),
    [
        (NOW + seconds(12), seconds(8)),
        (NOW + seconds(20), seconds(0)),
        (NOW + seconds(99), seconds(0)),
        (NOW, seconds(15)),
        (NOW - timedelta(days=365), seconds(15)),
    ],
)
def test_a_pause_lasts_no_longer_than_it_was_meant_to(at: datetime, left: timedelta) -> None:
    """Until its time, and where the clock was set back meanwhile no longer than its wait."""
    assert PAUSED.pause_left(at) == left


def test_nothing_is_left_of_no_pause() -> None:
    """Nor of one without an end, which is tried at once."""
    assert ConnectorState("crm", until=NOW, wait=seconds(9)).pause_left(
        NOW - seconds(5)
    ) == seconds(0)
    assert ConnectorState("crm", "auth", "a", NOW, wait=seconds(9)).pause_left(NOW) == seconds(0)


def test_another_account_has_none_of_the_records(store_url: str) -> None:
    """Their ids go, of this connector only, and the pause that said so; what else is kept stays."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            await inbox.accept(new("a", ANN))
            lane = await take_one(inbox)
            await settle(inbox, [delivered(lane)], records=[contact_state(ANN, lane)], now=NOW)
            epoch = await take_lead(inbox)
            assert await inbox.find_account("crm") is None
            await inbox.keep_account("crm", "hubspot account 1", epoch)
            await inbox.keep_account("crm", "hubspot account 2", epoch - 1)  # it leads no more
            await inbox.keep_state(replace(PAUSED, paused="misconfigured"), epoch)
            assert await inbox.find_account("crm") == "hubspot account 1"
            assert await inbox.forget_account("crm", epoch - 1) == 0
            assert await inbox.change_account("other") == 0
            assert await inbox.change_account("crm") == 1
            assert await inbox.find_account("crm") is None
            state = await inbox.find_state("crm")
            assert (state.paused, state.reason, state.sizes) == (None, "", PAUSED.sizes)
            late = await settle(inbox, [], records=[contact_state(ANN, lane)], epoch=epoch, now=NOW)
            assert late.lost  # what was under way brings no id back

    asyncio.run(main())
    assert rows(store_url, "SELECT count(*) FROM remote") == [(0,)]


@stored
async def test_nothing_is_due_at_a_stopped_connector(inbox: Inbox) -> None:
    """What comes for it waits, what comes for others goes; once it is started all is due."""
    await stop(inbox, "a move")
    await inbox.accept(new("1", connectors=("crm", "other")))
    assert [await due(inbox, name) for name in ("crm", "other")] == [0, 1]
    assert await inbox.start_connector("crm")
    assert await due(inbox, "crm") == 1
    assert not await inbox.start_connector("crm")


@stored
async def test_an_operators_stop_is_shown_before_a_fault_and_outlives_it(inbox: Inbox) -> None:
    """Its leader keeps what it learns, and neither takes the other's place."""
    await keep_state(inbox, PAUSED)
    await stop(inbox, "a move")
    await stop(inbox, "a longer move", at=NOW + seconds(60))
    seen = (await inbox.find_states())["crm"]
    assert (seen.paused, seen.reason, seen.since) == ("operator", "a longer move", NOW)
    assert (seen.until, seen.sizes) == (None, PAUSED.sizes)
    assert await inbox.find_state("crm") == PAUSED
    await keep_state(inbox, ConnectorState("crm"))
    assert (await inbox.find_states())["crm"].paused == "operator"
    await inbox.start_connector("crm")
    assert (await inbox.find_states())["crm"] == ConnectorState("crm")


async def stop(inbox: Inbox, reason: str, *, at: datetime = NOW) -> None:
    await inbox.stop_connector(["crm"], reason, now=at)


async def due(inbox: Inbox, connector: str) -> int:
    queues = await inbox.list_queues(connector, limit=10, busy=(), now=NOW + seconds(1))
    return sum(len(queue.due) for queue in queues)
