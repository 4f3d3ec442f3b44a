"""The one thread that commits: what comes together shares a commit."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from sqlalchemy import Connection, Engine, event, text

from receiver.inbox import Inbox
from tests.inbox.store import (
    bodies,
    new,
    open_inbox,
    states,
    stored,
    take_one,
)


def test_one_commit_holds_what_comes_together(store_url: str) -> None:
    """64 events that come in one turn of the event loop cost one commit."""
    commits = 0

    def count(_connection: Connection) -> None:
        nonlocal commits
        commits += 1

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            event.listen(Engine, "commit", count)
            await asyncio.gather(*(inbox.accept(new(f"{number}")) for number in range(64)))
            assert commits == 1

    try:
        asyncio.run(main())
    finally:
        event.remove(Engine, "commit", count)


@stored
async def test_whoever_gives_up_waiting_does_not_stop_the_others(inbox: Inbox) -> None:
    """A caller that is cancelled leaves the event with the store, which keeps it."""
    waiting = [inbox.accept(new(f"{number}")) for number in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    first, cancelled, last = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(cancelled, asyncio.CancelledError)
    assert not isinstance(first, BaseException)
    assert not isinstance(last, BaseException)
    assert bodies(await take_one(inbox)) == ["0", "1", "2"]
    assert await states(inbox, first.id) == ["pending"]


def test_events_and_other_work_take_turns(tmp_path: Path) -> None:
    """On SQLite one thread writes it all: a burst of events does not hold up what delivers them,
    nor does that hold up the burst.
    """

    async def main() -> None:
        async with open_inbox(f"sqlite:///{tmp_path}/store.db") as inbox:
            inside, go_on, seen = threading.Event(), threading.Event(), []

            def wait(_connection: Connection) -> None:
                inside.set()
                go_on.wait(20)

            def look(connection: Connection) -> None:
                with connection.begin():
                    seen.append(connection.scalar(text("SELECT count(*) FROM event")))

            jobs = [
                asyncio.ensure_future(inbox._writer.run_bare(job))  # noqa: SLF001
                for job in (wait, look, look, look)
            ]
            await asyncio.to_thread(inside.wait, 20)
            events = [inbox.accept(new(f"{number}")) for number in range(600)]
            inbox._writer._gathered.flush()  # noqa: SLF001
            go_on.set()
            await asyncio.gather(*jobs, *events)
            assert seen == [256, 512, 600]

    asyncio.run(main())
