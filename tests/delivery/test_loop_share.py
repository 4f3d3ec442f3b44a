"""How delivery leaves the event loop to others."""

from __future__ import annotations

import asyncio

from receiver.delivery.loop_share import SLICE, LoopShare


class Clock:
    """Time passes as a test says, and a little whenever it is looked at."""

    def __init__(self) -> None:
        self.now, self.looks = 0.0, 0

    def __call__(self) -> float:
        self.looks += 1
        self.now += 1e-6
        return self.now

    def compute(self) -> None:
        """For longer than a slice."""
        self.now += 1.5 * SLICE


def test_small_pieces_of_work_leave_the_loop_free() -> None:
    """What comes in meanwhile has its turn between them."""
    clock = Clock()

    async def scenario() -> int:
        turns, share = 0, LoopShare(clock=clock)

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        beside = asyncio.create_task(others())
        for _ in range(20):
            clock.compute()
            await share.give_way()
        beside.cancel()
        return turns

    assert asyncio.run(scenario()) >= 20


def test_who_has_hardly_computed_goes_on_at_once() -> None:
    """To ask between all small pieces must not cost a turn of the loop each."""
    asked: list[int] = []

    def intake_waits() -> bool:
        asked.append(1)
        return True

    async def scenario() -> None:
        share = LoopShare(intake_waits, clock=Clock())
        await share.give_way()

    asyncio.run(scenario())
    assert asked == []


def test_events_that_wait_for_their_commit_go_first() -> None:
    """Their thread needs the time: delivery goes on once they are kept."""
    waits, clock = [True, True, False], Clock()

    async def scenario() -> None:
        share = LoopShare(lambda: waits.pop(0), clock=clock)
        clock.compute()
        await share.give_way()

    asyncio.run(scenario())
    assert waits == []


def test_delivery_goes_on_however_much_comes_in() -> None:
    """It has its share of the time also where events never cease to wait."""
    clock = Clock()

    def intake_waits() -> bool:
        clock.now += SLICE
        return True

    async def scenario() -> None:
        share = LoopShare(intake_waits, clock=clock)
        clock.compute()
        began = clock.now
        await share.give_way()
        assert 3 * SLICE < clock.now - began < 7 * SLICE  # three times as long as it computed

    asyncio.run(scenario())


def test_batches_share_one_slice() -> None:
    """Four of them would have four shares else, and intake hardly any."""
    clock, computed = Clock(), 0

    def intake_waits() -> bool:
        clock.now += SLICE / 2
        return True

    async def batch(share: LoopShare) -> None:
        nonlocal computed
        for _ in range(5):
            await share.give_way()
            clock.compute()
            computed += 1

    async def scenario() -> None:
        share = LoopShare(intake_waits, clock=clock)
        clock.compute()
        await asyncio.gather(*(batch(share) for _ in range(4)))

    asyncio.run(scenario())
    assert computed * 1.5 * SLICE / clock.now < 0.3
