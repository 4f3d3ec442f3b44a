"""What goes first, and how calls fill, where a dispatcher runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from connectors.base import Limits
from receiver.inbox import AcceptedEvent, DeliverySelection
from tests.delivery.crm import Crm
from tests.delivery.rig import Rig, rig
from tests.delivery.scenario import start


def test_a_replay_of_many_leaves_room_for_what_comes_live(tmp_path: Path) -> None:
    """However long the calls of a replay take, a learner who signs up meanwhile is written; the
    rest of the replay goes on behind.
    """
    crm = Crm(limits=Limits(records=2, links=2, concurrency=2, linger=0))

    async def scenario() -> None:
        async with rig(tmp_path, crm) as opened:
            known = [await opened.account(f"p{n}") for n in range(30)]
            await opened.until_done()
            inside, go_on = asyncio.Event(), asyncio.Event()

            async def hold() -> None:
                if crm.calls[-1][1] != ("ann@b.edu",):
                    inside.set()
                    await go_on.wait()

            crm.before_answer = hold
            await opened.inbox.replay_deliveries(
                DeliverySelection(events=[one.id for one in known]), now=opened.clock()
            )
            await inside.wait()
            live = await opened.account("ann")
            await opened.until(lambda: opened.is_delivered(live))
            assert not go_on.is_set()
            go_on.set()
            await opened.until_done()

    asyncio.run(scenario())
    assert len(crm.held) == 31


def test_neither_starves_where_there_is_one_batch_at_a_time(tmp_path: Path) -> None:
    """Live events without end do not stop a replay; and they wait for one call of it at a time."""
    crm = Crm(limits=Limits(records=2, links=2, concurrency=1, linger=0.01))

    async def scenario() -> None:
        async with rig(tmp_path, crm) as opened:
            known = [await opened.account(f"p{n}") for n in range(12)]
            await opened.until_done()
            crm.calls.clear()

            async def slow() -> None:
                await opened.account(f"live{len(crm.calls)}")
                await asyncio.sleep(0.05)  # longer than the linger

            crm.before_answer = slow
            await opened.inbox.replay_deliveries(
                DeliverySelection(events=[one.id for one in known]), now=opened.clock()
            )
            await opened.until(lambda: _delivered(opened, known))
            crm.before_answer = None
            await opened.until_done()

    asyncio.run(scenario())
    kinds = [keys[0].startswith("live") for _, keys in crm.calls]
    assert not any(
        one == other == third is False
        for one, other, third in zip(kinds, kinds[1:], kinds[2:], strict=False)
    )


async def _delivered(opened: Rig, events: Sequence[AcceptedEvent]) -> bool:
    return set(await opened.states(*events)) == {"delivered"}


def test_a_lane_in_bulk_and_a_live_one_are_not_one_batch(tmp_path: Path) -> None:
    """The live one does not wait for the calls of the others."""
    crm = Crm(limits=Limits(records=10, links=10, concurrency=1, linger=0))

    async def scenario() -> None:
        async with rig(tmp_path, crm, running=False) as opened:
            known = [await opened.account(f"p{n}") for n in range(3)]
            task = asyncio.create_task(opened.dispatcher.run())
            await opened.until_done()
            await opened.dispatcher.stop(timedelta(seconds=5))
            await task
            await opened.inbox.replay_deliveries(
                DeliverySelection(events=[one.id for one in known]), now=opened.clock()
            )
            await opened.account("ann")
        crm.calls.clear()
        async with rig(tmp_path, crm) as opened:
            await opened.until_done()

    asyncio.run(scenario())
    assert [len(keys) for _, keys in crm.calls] == [1, 3]


def test_a_trickle_costs_few_calls(tmp_path: Path) -> None:
    """The first event leaves at once; what comes while the next batch may fill goes together."""
    crm = Crm(limits=Limits(records=10, links=10, concurrency=4, linger=3600))

    async def scenario() -> None:
        async with rig(tmp_path, crm, running=False) as opened:
            task = await start(opened)
            await opened.account("first")
            await opened.until_done()
            for number in range(5):
                await opened.account(f"p{number}")
                await asyncio.sleep(0.1)
            assert len(crm.calls) == 1
            opened.clock.ahead = timedelta(hours=1, seconds=1)
            await opened.until_done()
            await opened.dispatcher.stop(timedelta(seconds=5))
            await task

    asyncio.run(scenario())
    assert [len(keys) for _, keys in crm.calls] == [1, 5]


def test_an_event_for_very_many_people_delays_nobody(tmp_path: Path) -> None:
    """While an announcement to 400 people is written, an order goes before those that are left of
    it.
    """
    crm = Crm(limits=Limits(records=10, links=10, concurrency=2, linger=0))

    async def scenario() -> None:
        async with rig(tmp_path, crm, running=False) as opened:
            await opened.announce(400)
            task = await start(opened)
            await opened.until(partial(_some, crm))
            order = await opened.order("ann", 1, "COMPLETED")
            await opened.until(partial(opened.is_delivered, order))
            assert len(crm.held) < 200
            await opened.until_done()
            await opened.dispatcher.stop(timedelta(seconds=5))
            await task

    asyncio.run(scenario())
    assert len(crm.held) == 402


async def _some(crm: Crm) -> bool:
    return len(crm.held) > 20
