"""Wake-ups: whoever waits for a connector's work hears of it at once, from this process or
another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from receiver.inbox import DeliverySelection, Inbox, SettledLane
from tests.inbox.store import (
    NOW,
    attempt,
    delivered,
    faulty,
    new,
    open_inbox,
    settle,
    stored,
    take_one,
    take_ready,
)

LONG = 60.0


async def wakes(
    inbox: Inbox, call: Callable[[], Awaitable[object]], waiting: Inbox | None = None
) -> bool:
    """Whether the call wakes who waits for `crm`."""
    waiter = asyncio.create_task((waiting or inbox).wait_for_change("crm", LONG))
    await asyncio.sleep(0)
    await call()
    return await waiter


@stored
async def test_new_work_wakes(inbox: Inbox) -> None:
    """An accepted event, a lane that goes on, a replay, and a call that passed."""
    assert await wakes(inbox, lambda: inbox.accept(new("a")))
    taken = await take_one(inbox)
    await inbox.accept(new("b"))
    assert await inbox.wait_for_change("crm", LONG)
    assert await wakes(inbox, lambda: settle(inbox, [delivered(taken, attempt=attempt())], now=NOW))
    await settle(inbox, [delivered(await take_one(inbox))], now=NOW)
    assert await wakes(
        inbox, lambda: inbox.replay_deliveries(DeliverySelection(deliveries=(1,)), now=NOW)
    )
    aside = await inbox.accept(faulty("c"))
    assert await wakes(inbox, lambda: inbox.accept_revalidated(aside.id, new("c judged"), now=NOW))


@stored
async def test_a_wake_up_between_look_and_wait_is_not_lost(inbox: Inbox) -> None:
    """What comes after a look at the queues ends the next wait at once; what came before does
    not.
    """
    await inbox.accept(new("a"))
    taken = await take_one(inbox)
    assert not await inbox.wait_for_change("crm", 0.01)
    await inbox.accept(new("b"))
    assert await inbox.wait_for_change("crm", LONG)
    assert not await inbox.wait_for_change("crm", 0.01)
    await settle(inbox, [SettledLane(taken, retry_at=NOW)], now=NOW)


@stored
async def test_other_connectors_sleep_on(inbox: Inbox) -> None:
    """Nor does what makes no work wake anybody: a duplicate, a faulty call, an event without a
    route.
    """
    await inbox.accept(new("a", connectors=("other",)))
    await inbox.accept(new("a", connectors=("other",)))
    await inbox.accept(faulty("b"))
    await inbox.accept(new("c", connectors=()))
    assert not await inbox.wait_for_change("crm", 0.01)
    assert await inbox.wait_for_change("other", LONG)


@stored
async def test_giving_up_the_wait(inbox: Inbox) -> None:
    """A wait that is cancelled leaves the wake-up for the next."""
    waiter = asyncio.create_task(inbox.wait_for_change("crm", LONG))
    await asyncio.sleep(0)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    await inbox.accept(new("a"))
    assert await inbox.wait_for_change("crm", LONG)


def test_another_process_wakes(postgresql_url: str) -> None:
    """Through PostgreSQL's NOTIFY, for accepts and for replays; a process does not wake itself
    twice.
    """

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as other:
            await _listening(postgresql_url, 2)
            await take_ready(other)
            assert await wakes(one, lambda: one.accept(new("a")), other)
            await settle(one, [delivered(await take_one(one))], now=NOW)
            await take_ready(other)
            assert await wakes(
                one,
                lambda: one.replay_deliveries(DeliverySelection(deliveries=(1,)), now=NOW),
                other,
            )

    asyncio.run(main())


def test_listening_begins_again_after_the_connection_was_lost(postgresql_url: str) -> None:
    """And wakes everybody, since something may have come meanwhile."""

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as other:
            await _listening(postgresql_url, 2)
            await take_ready(other)
            with psycopg.connect(postgresql_url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE "
                    "'LISTEN%'"
                )
            assert await other.wait_for_change("crm", LONG)
            await _listening(postgresql_url, 2)
            assert await wakes(one, lambda: one.accept(new("a")), other)

    asyncio.run(main())


async def _listening(url: str, number: int) -> None:
    """Wait until so many connections listen."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE "
        "'LISTEN%'"
    )
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while (row := await (await connection.execute(query)).fetchone()) and row[0] < number:
            await asyncio.sleep(0.01)


@stored
async def test_an_erasure_is_heard(inbox: Inbox) -> None:
    """Once; and none is heard where nobody was erased."""
    await inbox.erase_person("ann@example.edu")
    assert await inbox.wait_for_erasure(LONG)
    assert not await inbox.wait_for_erasure(0)


def test_an_erasure_is_heard_by_other_processes(postgresql_url: str) -> None:
    """What they have found may name the person."""

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as other:
            await one.erase_person("ann@example.edu")
            assert await other.wait_for_erasure(LONG)

    asyncio.run(main())
