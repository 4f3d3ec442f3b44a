"""A leader that is busy settling is alive."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import psycopg

from receiver.delivery import Leaders, Leadership
from tests.delivery.crm import Crm
from tests.delivery.rig import rig
from tests.delivery.scenario import start


def test_a_leader_whose_settle_waits_for_a_lock_keeps_its_lead(
    tmp_path: Path, postgresql_url: str
) -> None:
    """Somebody else holds a lane's row for longer than the lease (an erasure, a large replay):
    nobody takes over.
    """

    async def main() -> None:
        crm = Crm()
        async with rig(
            tmp_path, crm, running=False, store=postgresql_url, lease=timedelta(seconds=1)
        ) as one:
            await one.account("ann")
            rival = Leadership(
                one.inbox,
                "crm",
                Leaders("rival"),
                one.clock,
                timeout=30,
                lease=timedelta(seconds=1),
            )
            url = postgresql_url.replace("+psycopg", "")
            with psycopg.connect(url) as other:
                other.execute("SELECT id FROM lane FOR UPDATE")
                task = await start(one)
                await one.until(lambda: _called(crm))
                looking = asyncio.create_task(_look(rival, 4))
                await asyncio.sleep(3)
                other.rollback()
                await looking
            assert rival.term is None
            await one.until_done()
            await one.dispatcher.stop(timedelta(seconds=5))
            await task

    asyncio.run(main())


async def _called(crm: Crm) -> bool:
    return bool(crm.calls)


async def _look(rival: Leadership, seconds: float) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while rival.term is None and asyncio.get_running_loop().time() < end:
        await rival.take()
        await asyncio.sleep(0.1)
