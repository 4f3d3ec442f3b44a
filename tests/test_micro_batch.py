"""What comes together is worked on together."""

from __future__ import annotations

import asyncio

from receiver.micro_batch import MOST, MicroBatch


def test_what_comes_in_one_turn_is_one_group() -> None:
    """In the order in which it came; what comes later is a group of its own."""

    async def main() -> list[list[int]]:
        groups: asyncio.Queue[list[int]] = asyncio.Queue()
        gather: MicroBatch[int] = MicroBatch(groups.put_nowait)
        for number in range(3):
            gather.add(number)
        first = await groups.get()
        gather.add(3)
        return [first, await groups.get()]

    assert asyncio.run(main()) == [[0, 1, 2], [3]]


def test_what_keeps_coming_turn_after_turn_is_waited_for() -> None:
    """But only until there is enough for a group, or it has lasted too long."""

    async def main(longest_wait: float) -> int:
        groups: asyncio.Queue[list[int]] = asyncio.Queue()
        gather: MicroBatch[int] = MicroBatch(groups.put_nowait, longest_wait=longest_wait)
        while groups.empty():
            gather.add(1)
            gather.add(2)
            await asyncio.sleep(0)
        return len(await groups.get())

    assert asyncio.run(main(60)) == MOST
    assert asyncio.run(main(0)) == 2
