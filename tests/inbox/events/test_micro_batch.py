"""What comes together is worked on together."""

from __future__ import annotations

import asyncio

from receiver.inbox.events.micro_batch import MicroBatch

Groups = asyncio.Queue[list[int]]


def test_what_comes_in_one_turn_is_one_group() -> None:
    """In the order in which it came; what comes while it is worked on is a group of its own, handed
    on when that is done.
    """

    async def main() -> None:
        groups: Groups = asyncio.Queue()
        batch: MicroBatch[int] = MicroBatch(groups.put_nowait, most=256)
        for number in range(3):
            batch.add(number)
        assert await groups.get() == [0, 1, 2]
        batch.add(3)
        await asyncio.sleep(0.01)
        assert groups.empty()
        batch.done(3)
        assert await groups.get() == [3]

    asyncio.run(main())


def test_a_group_has_its_most() -> None:
    """More does not wait for the group under way."""

    async def main() -> None:
        groups: Groups = asyncio.Queue()
        batch: MicroBatch[int] = MicroBatch(groups.put_nowait, most=4)
        for number in range(9):
            batch.add(number)
        batch.flush()
        assert [await groups.get() for _ in range(3)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8]]

    asyncio.run(main())


def test_who_was_in_the_last_group_is_waited_for() -> None:
    """Those that come back one after another are one group again, and nobody waits for one that is
    complete.
    """

    async def main() -> None:
        groups: Groups = asyncio.Queue()
        batch: MicroBatch[int] = MicroBatch(groups.put_nowait, most=256, pause=0.5)
        batch.add(0)
        batch.add(1)
        await groups.get()
        batch.add(2)  # while it is worked on
        batch.done(2)
        for number in (3, 4):
            await asyncio.sleep(0)
            batch.add(number)
        assert await groups.get() == [2, 3, 4]

    asyncio.run(main())


def test_who_does_not_come_back_is_not_waited_for_long() -> None:
    """The next group goes without it."""

    async def main() -> None:
        groups: Groups = asyncio.Queue()
        batch: MicroBatch[int] = MicroBatch(groups.put_nowait, most=256, pause=0.001)
        for number in range(3):
            batch.add(number)
        await groups.get()
        batch.done(3)
        batch.add(3)
        assert await groups.get() == [3]

    asyncio.run(main())
