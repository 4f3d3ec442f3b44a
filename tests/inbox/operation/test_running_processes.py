"""Which processes work on a store."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from receiver.inbox import RunningProcess
from receiver.inbox.operation.running_processes import GONE_AFTER
from tests.inbox.store import NOW, open_inbox

ONE = RunningProcess("host:1", "host:1", "digest", NOW)
REFUSED = replace(
    ONE, name="host:2", refused_at=NOW, faults=(("server.prt", "is not known", "port"),)
)


def test_processes_know_of_each_other(store_url: str) -> None:
    """With what each last told of itself, until it withdraws."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            await inbox.announce_process(ONE, now=NOW)
            await inbox.announce_process(REFUSED, now=NOW)
            assert await inbox.list_processes(now=NOW) == [ONE, REFUSED]
            mended = replace(REFUSED, digest="other", refused_at=None, faults=())
            await inbox.announce_process(mended, now=NOW)
            assert await inbox.list_processes(now=NOW) == [ONE, mended]
            await inbox.withdraw_process(ONE.name)
            assert await inbox.list_processes(now=NOW) == [mended]

    asyncio.run(main())


def test_one_that_is_silent_is_gone(sqlite_url: str) -> None:
    """It was killed, or its machine is."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await inbox.announce_process(ONE, now=NOW)
            later = NOW + GONE_AFTER + timedelta(seconds=1)
            await inbox.announce_process(REFUSED, now=later)
            assert await inbox.list_processes(now=later) == [REFUSED]
            assert await inbox.list_processes(now=NOW) == [REFUSED]

    asyncio.run(main())


def test_a_file_has_one_process(store_url: str) -> None:
    """Whoever announced itself before, and did not withdraw, has crashed; not so in a database."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            await inbox.announce_process(ONE, now=NOW)
            await inbox.forget_dead_processes()
            left = [ONE] if inbox.is_shared else []
            assert await inbox.list_processes(now=NOW) == left

    asyncio.run(main())
