"""Which alarms were told, and who watches."""

from __future__ import annotations

import asyncio

from receiver.inbox import Inbox, Told
from tests.inbox.store import NOW, open_inbox, seconds, stored

LEASE = seconds(30)


@stored
async def test_what_was_told_is_kept_until_it_is_over(inbox: Inbox) -> None:
    """Once for each key, with the latest words; to forget what is not there does no harm."""
    await inbox.keep_told("b", "{}", now=NOW)
    await inbox.keep_told("a", "first", now=NOW)
    await inbox.keep_told("a", "again", now=NOW + seconds(60))
    assert await inbox.told() == [Told("a", "again", NOW + seconds(60)), Told("b", "{}", NOW)]
    await inbox.forget_told("a")
    await inbox.forget_told("a")
    assert await inbox.told() == [Told("b", "{}", NOW)]


def test_one_process_watches(postgresql_url: str) -> None:
    """Until its lease ends without being renewed, or it leaves."""

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as two:
            taken = await asyncio.gather(*(inbox.take_watch(lease=LEASE, now=NOW) for inbox in (one, two)))
            assert sorted(taken) == [False, True]
            first, second = (one, two) if taken[0] else (two, one)
            assert await first.take_watch(lease=LEASE, now=NOW + seconds(20))
            assert not await second.take_watch(lease=LEASE, now=NOW + seconds(31))
            assert await second.take_watch(lease=LEASE, now=NOW + seconds(51))
            assert not await first.take_watch(lease=LEASE, now=NOW + seconds(52))
            await first.leave_watch()
            assert not await first.take_watch(lease=LEASE, now=NOW + seconds(53))
            await second.leave_watch()
            assert await first.take_watch(lease=LEASE, now=NOW + seconds(54))

    asyncio.run(main())


def test_a_clock_that_was_set_back_holds_up_nobody_for_long(postgresql_url: str) -> None:
    """A lease that ends far in the future was told by a clock that is right again since."""

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as two:
            assert await one.take_watch(lease=LEASE, now=NOW + seconds(86_400))
            assert await two.take_watch(lease=LEASE, now=NOW)

    asyncio.run(main())


@stored
async def test_who_has_the_file_watches(inbox: Inbox) -> None:
    """After a crash at once: nobody else can have it. On PostgreSQL, while nobody else does."""
    assert await inbox.take_watch(lease=LEASE, now=NOW)
    assert await inbox.take_watch(lease=LEASE, now=NOW)
    await inbox.leave_watch()
