"""How large the next batch is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from connectors.base import Limits
from receiver.delivery import Dispatcher
from receiver.delivery.fill import Fill
from receiver.inbox import Accepted, Selection
from tests.delivery.crm import Crm
from tests.delivery.rig import Rig, rig
from tests.delivery.scenario import start

LIMIT, RECORDS = 400, 100


class Clock:
    """By the monotonic clock's rules, but moved by hand."""

    time = 100.0
    looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return self.time


def test_what_comes_when_nothing_else_does_goes_at_once() -> None:
    """All of it, and what comes until it is claimed; nothing where nothing is ready."""
    fill = Fill(bulk=False, clock=Clock())
    assert [fill.size(ready, LIMIT, RECORDS) for ready in (0, 1, 150, 400, 900)] == [0, 400, 400, 400, 400]


def test_under_load_calls_are_filled() -> None:
    """After a batch the next one waits until it is full or its time is over; then only whole calls go, if there are any."""
    clock = Clock()
    fill = Fill(bulk=False, clock=clock)
    fill.start(2)
    assert [fill.size(ready, LIMIT, RECORDS) for ready in (0, 1, 399, 400)] == [0, 0, 0, 400]
    clock.time += 2
    assert [fill.size(ready, LIMIT, RECORDS) for ready in (0, 99, 100, 399)] == [0, 400, 100, 300]
    fill.start(2)
    clock.time += 2
    assert fill.size(150, LIMIT, RECORDS) == LIMIT  # nobody asked meanwhile: it was idle


def test_a_replay_of_many_leaves_room_for_what_comes_live(tmp_path: Path) -> None:
    """However long the calls of a replay take, a learner who signs up meanwhile is written; the rest of the replay goes on behind."""
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
            await opened.inbox.replay(Selection(events=[one.id for one in known]), now=opened.clock())
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
            await opened.inbox.replay(Selection(events=[one.id for one in known]), now=opened.clock())
            await opened.until(lambda: _delivered(opened, known))
            crm.before_answer = None
            await opened.until_done()

    asyncio.run(scenario())
    kinds = [keys[0].startswith("live") for _, keys in crm.calls]
    assert not any(one == other == third is False for one, other, third in zip(kinds, kinds[1:], kinds[2:], strict=False))


async def _delivered(opened: Rig, events: Sequence[Accepted]) -> bool:
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
            await opened.inbox.replay(Selection(events=[one.id for one in known]), now=opened.clock())
            await opened.account("ann")
        crm.calls.clear()
        async with rig(tmp_path, crm) as opened:
            await opened.until_done()

    asyncio.run(scenario())
    assert [len(keys) for _, keys in crm.calls] == [1, 3]


async def _has_looked(clock: Clock, looks: int) -> bool:
    return clock.looks > looks


def test_a_trickle_costs_few_calls(tmp_path: Path) -> None:
    """The first event leaves at once; what comes while the next batch may fill goes together."""
    crm = Crm(limits=Limits(records=10, links=10, concurrency=4, linger=3))
    clock = Clock()

    async def scenario() -> None:
        async with rig(tmp_path, crm, running=False) as opened:
            opened.dispatcher = Dispatcher(opened.context, idle=timedelta(seconds=0.05), clock=clock)
            task = await start(opened)
            await opened.account("first")
            await opened.until_done()
            for number in range(5):
                await opened.account(f"p{number}")
                await opened.until(partial(_has_looked, clock, clock.looks + 1))
            assert len(crm.calls) == 1
            clock.time += 3
            await opened.until_done()
            await opened.dispatcher.stop(timedelta(seconds=5))
            await task

    asyncio.run(scenario())
    assert [len(keys) for _, keys in crm.calls] == [1, 5]
