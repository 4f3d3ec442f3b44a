"""A record is never in two calls at once."""

from __future__ import annotations

import asyncio

import pytest

from connectors.base import Ref
from receiver.delivery.limits.record_locks import RecordLocks

ANN, BEN, DEAL = Ref("contact", "ann"), Ref("contact", "ben"), Ref("deal", "7")


def test_who_wants_a_held_record_waits() -> None:
    """One that shares a record waits until it is free; one that shares none goes on."""

    async def scenario() -> None:
        locks, order, release = RecordLocks(), list[str](), asyncio.Event()

        async def hold(name: str, *refs: Ref) -> None:
            async with locks.hold(refs):
                order.append(f"{name} begins")
                await release.wait()
                order.append(f"{name} ends")

        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(hold("first", ANN, DEAL))
            await asyncio.sleep(0)
            second = group.create_task(hold("second", DEAL))
            other = group.create_task(hold("other", BEN))
            while "other begins" not in order:
                await asyncio.sleep(0)
            assert order == ["first begins", "other begins"]
            assert not second.done()
            assert not other.done()
            release.set()
        assert order.index("first ends") < order.index("second begins")

    asyncio.run(scenario())


def test_a_failure_frees_the_records() -> None:
    """What was held by a call that raised can be had again."""

    async def scenario() -> None:
        locks = RecordLocks()
        with pytest.raises(ZeroDivisionError):
            async with locks.hold([ANN]):
                raise ZeroDivisionError
        async with asyncio.timeout(30), locks.hold([ANN]):
            pass

    asyncio.run(scenario())


def test_nobody_holds_while_waiting() -> None:
    """Two that want each other's records cannot block each other: whoever waits holds nothing."""

    async def scenario() -> None:
        locks = RecordLocks()
        async with locks.hold([ANN]):
            waiting = asyncio.create_task(_take(locks, ANN, BEN))
            await asyncio.sleep(0)
            async with asyncio.timeout(30), locks.hold([BEN]):
                assert not waiting.done()
        await asyncio.wait_for(waiting, 30)

    asyncio.run(scenario())


async def _take(locks: RecordLocks, *refs: Ref) -> None:
    async with locks.hold(refs):
        pass
