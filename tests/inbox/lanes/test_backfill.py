"""Deliveries that an accepted event gets later, since there was no route or no such connector when
it came.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from receiver.inbox import Inbox, SettledLane
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    attempt,
    bodies,
    delivered,
    faulty,
    new,
    next_due,
    open_inbox,
    seconds,
    settle,
    states,
    stored,
    take_one,
    take_ready,
)

HOUR = timedelta(hours=1)


@stored
async def test_an_event_without_a_route_gets_its_deliveries(inbox: Inbox) -> None:
    """One for each pair, once however often it is asked for; they can be taken at once, and wake
    who waits.
    """
    id = (await inbox.accept(new("a", ANN, BEN, connectors=(), at=NOW + HOUR))).id
    await inbox.wait_for_change("crm", 0)
    assert (
        await inbox.add_deliveries(
            {id: (("crm", BEN), ("crm", ANN), ("crm", ANN), ("other", ANN))}, now=NOW
        )
        == 3
    )
    assert await inbox.wait_for_change("crm", 60)
    assert await states(inbox, id) == ["pending"] * 3
    lanes = {one.person_key: one for one in await take_ready(inbox)}
    assert {key: bodies(one) for key, one in lanes.items()} == {ANN: ["a"], BEN: ["a"]}
    assert bodies(*await take_ready(inbox, connector="other")) == ["a"]
    assert await inbox.add_deliveries({id: (("crm", ANN), ("other", ANN))}, now=NOW) == 0
    assert await inbox.add_deliveries({id: ()}, now=NOW) == 0
    report = await settle(inbox, [delivered(one) for one in lanes.values()], now=NOW)
    assert (report.delivered, report.lost) == (2, False)


@stored
async def test_a_connector_that_was_added(inbox: Inbox) -> None:
    """Its deliveries come in the order of the events, in whatever order they are made; those of the
    old one are not touched.
    """
    ids = [
        (await inbox.accept(new(content, at=NOW + seconds(number)))).id
        for number, content in enumerate("abcd")
    ]
    await settle(inbox, [delivered(await take_one(inbox, at=NOW + HOUR))], now=NOW + HOUR)
    for index in (2, 0, 3, 1):
        assert (
            await inbox.add_deliveries({ids[index]: (("crm", ANN), ("added", ANN))}, now=NOW + HOUR)
            == 1
        )
    assert bodies(*await take_ready(inbox, connector="added", at=NOW + HOUR)) == [
        "a",
        "b",
        "c",
        "d",
    ]
    assert await take_ready(inbox, at=NOW + HOUR) == []


@stored
async def test_what_came_later_is_delivered_again_after_it(inbox: Inbox) -> None:
    """An order that had no route does not undo its refund; what came before it stays delivered, and
    what each delivery tells its own.
    """
    first = await inbox.accept(new("first"))
    order = await inbox.accept(new("order", connectors=(), at=NOW + seconds(1)))
    refund = await inbox.accept(new("refund", at=NOW + seconds(2)))
    taken = await take_one(inbox, at=NOW + seconds(3))
    await settle(inbox, [delivered(taken, attempt=attempt())], now=NOW + seconds(3))
    assert await inbox.add_deliveries({order.id: (("crm", ANN),)}, now=NOW + seconds(4)) == 1
    assert await states(inbox, first.id) == ["delivered"]
    assert bodies(await take_one(inbox, at=NOW + seconds(4))) == ["order", "refund"]
    told = [
        [len(one.attempts) for one in (await inbox.find_event(id)).deliveries]
        for id in (first.id, order.id, refund.id)
    ]
    assert told == [[1], [0], [1]]


@stored
async def test_a_late_settle_does_not_undo_the_order(inbox: Inbox) -> None:
    """The refund is being written while its order gets its delivery: both are delivered afterwards,
    in order.
    """
    order = await inbox.accept(new("order", connectors=()))
    await inbox.accept(new("refund", at=NOW + seconds(1)))
    taken = await take_one(inbox, at=NOW + seconds(2))
    await inbox.add_deliveries({order.id: (("crm", ANN),)}, now=NOW + seconds(3))
    report = await settle(inbox, [delivered(taken)], now=NOW + seconds(4))
    assert (report.delivered, report.lost) == (0, False)
    assert bodies(await take_one(inbox, at=NOW + seconds(4))) == ["order", "refund"]


@stored
async def test_a_lane_in_back_off_keeps_its_time(inbox: Inbox) -> None:
    """An event that comes at its end waits with the others, as any new one does."""
    await inbox.accept(new("a"))
    later = await inbox.accept(new("b", connectors=(), at=NOW + seconds(1)))
    await settle(inbox, [SettledLane(await take_one(inbox), retry_at=NOW + HOUR)], now=NOW)
    assert await inbox.add_deliveries({later.id: (("crm", ANN),)}, now=NOW + seconds(2)) == 1
    assert await next_due(inbox, NOW) == NOW + HOUR
    assert bodies(await take_one(inbox, at=NOW + HOUR)) == ["a", "b"]


@stored
async def test_only_what_was_accepted_gets_deliveries(inbox: Inbox) -> None:
    """What is in quarantine, was discarded, or is not there, gets none."""
    aside, gone = [(await inbox.accept(faulty(content))).id for content in "ab"]
    await inbox.discard_quarantined([gone])
    for id in (aside, gone, "0" * 32):
        assert await inbox.add_deliveries({id: (("crm", ANN),)}, now=NOW) == 0
    assert await next_due(inbox, NOW) is None


@stored
async def test_many_at_once(inbox: Inbox) -> None:
    """While the same lanes are taken and settled, everything is delivered in the end, and last what
    came last.
    """
    ids = [
        (await inbox.accept(new(f"{number}", ANN, BEN, connectors=(), at=NOW + seconds(number)))).id
        for number in range(20)
    ]
    crm: dict[str, str] = {}
    await asyncio.gather(
        *(inbox.add_deliveries({id: (("crm", ANN), ("crm", BEN))}, now=NOW + HOUR) for id in ids),
        _deliver(inbox, crm),
    )
    await _deliver(inbox, crm)
    assert crm == {ANN: "19", BEN: "19"}
    assert {state for id in ids for state in await states(inbox, id)} == {"delivered"}


async def _deliver(inbox: Inbox, crm: dict[str, str]) -> None:
    for _ in range(20):
        lanes = await take_ready(inbox, limit=5, at=NOW + HOUR)
        crm |= {one.person_key: bodies(one)[-1] for one in lanes}
        await settle(inbox, [delivered(one) for one in lanes], now=NOW + HOUR)


@pytest.mark.parametrize(
    "remove",
    [lambda inbox: inbox.purge_old(before=NOW + HOUR), lambda inbox: inbox.erase_person(ANN)],
    ids=["purged", "erased"],
)
def test_an_event_that_is_removed_meanwhile(
    postgresql_url: str, remove: Callable[[Inbox], Awaitable[object]]
) -> None:
    """Another process purges or erases it while it gets its deliveries: none is left without its
    event.
    """

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as other:
            id = (await one.accept(new("a", connectors=()))).id
            with _held_after("INSERT INTO delivery") as (reached, go_on):
                routing = asyncio.create_task(one.add_deliveries({id: (("crm", ANN),)}, now=NOW))
                assert await asyncio.to_thread(reached.wait, 60)
                removing = asyncio.ensure_future(remove(other))
                await _somebody_waits_for_a_lock(postgresql_url)
                go_on.set()
                assert await routing == 1
                async with asyncio.timeout(60):
                    await removing

    asyncio.run(main())


@contextmanager
def _held_after(part: str) -> Iterator[tuple[threading.Event, threading.Event]]:
    """A transaction that has run a statement with this in it says so and goes on only when it
    may.
    """
    reached, go_on = threading.Event(), threading.Event()

    def hold(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if part in statement:
            reached.set()
            go_on.wait(60)

    event.listen(Engine, "after_cursor_execute", hold)
    try:
        yield reached, go_on
    finally:
        go_on.set()
        event.remove(Engine, "after_cursor_execute", hold)


async def _somebody_waits_for_a_lock(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        async with asyncio.timeout(60):
            while not (
                await (
                    await connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
                ).fetchone()
            ):
                await asyncio.sleep(0.01)


@stored
async def test_what_makes_deliveries_runs_on_the_thread_of_accept(inbox: Inbox) -> None:
    """What accept remembers between its commits is for one thread only."""
    threads: set[str] = set()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "INSERT INTO lane" in statement or "UPDATE event" in statement:
            threads.add(threading.current_thread().name)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        aside = await inbox.accept(faulty("a"))
        await inbox.accept_revalidated(aside.id, new("judged"), now=NOW)
        await inbox.add_deliveries({aside.id: (("other", ANN),)}, now=NOW)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert threads == {"inbox-writer"}
