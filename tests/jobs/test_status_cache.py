"""How the store stands, for whoever asks often."""

from __future__ import annotations

import asyncio

from receiver.inbox import StoreStatus
from receiver.jobs.status_cache import CachedStatus
from tests.inbox.store import NOW, new, open_inbox


def test_many_who_ask_are_one_question(sqlite_url: str) -> None:
    """Within its time an answer serves everybody, also those who ask at once; then it is new."""

    async def scenario() -> tuple[list[StoreStatus], StoreStatus]:
        async with open_inbox(sqlite_url) as inbox:
            long = CachedStatus(inbox, ["crm"], lambda: NOW, fresh=3600)
            short = CachedStatus(inbox, ["crm"], lambda: NOW, fresh=0)
            before = await asyncio.gather(*(long.status() for _ in range(5)), short.status())
            await inbox.accept(new("1"))
            return [*before[:5], await long.status()], await short.status()

    kept, fresh = asyncio.run(scenario())
    assert all(one is kept[0] for one in kept)
    assert (kept[0].pending, fresh.pending) == (0, 1)


def test_who_changes_something_sees_it(sqlite_url: str) -> None:
    """Though the time of the answer has not run out."""

    async def scenario() -> int:
        async with open_inbox(sqlite_url) as inbox:
            cached = CachedStatus(inbox, ["crm"], lambda: NOW, fresh=3600)
            await cached.status()
            await inbox.accept(new("1"))
            cached.forget()
            return (await cached.status()).pending

    assert asyncio.run(scenario()) == 1
