"""Purging: what is old and done goes; what somebody still waits for stays."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from receiver.inbox import DeliverySelection, EventFilter, Inbox, ReplayResult, SettledLane, Unknown
from receiver.inbox.events.retention import CHUNK
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    attempt,
    bodies,
    delivered,
    faulty,
    new,
    open_inbox,
    remote,
    rows,
    settle,
    states,
    stored,
    take_one,
    take_ready,
)

LATER = NOW + timedelta(days=90)


async def gone(inbox: Inbox, id: str) -> bool:
    try:
        await inbox.find_event(id)
    except Unknown:
        return True
    return False


@stored
async def test_what_is_old_and_done_goes(inbox: Inbox) -> None:
    """Delivered and discarded events, those without a route, and discarded calls; newer ones
    stay.
    """
    done = [(await inbox.accept(new("a"))).id, (await inbox.accept(new("b", connectors=()))).id]
    await settle(inbox, [delivered(await take_one(inbox), attempt=attempt())], now=NOW)
    discarded = (await inbox.accept(new("c"))).id
    await inbox.discard_selected(DeliverySelection(events=(discarded,)), now=NOW)
    aside = (await inbox.accept(faulty("d"))).id
    await inbox.discard_quarantined([aside])
    newer = (await inbox.accept(new("e", connectors=(), at=LATER))).id
    assert await inbox.purge_old(before=LATER) == 4
    assert [await gone(inbox, id) for id in (*done, discarded, aside, newer)] == [
        True,
        True,
        True,
        True,
        False,
    ]
    assert (await inbox.list_events(EventFilter(person=ANN))).items[0].id == newer


@stored
async def test_what_somebody_waits_for_stays(inbox: Inbox) -> None:
    """Pending and dead deliveries and calls in quarantine, however old."""
    dead = (await inbox.accept(new("dead", ANN))).id
    taken = await take_one(inbox)
    await settle(
        inbox,
        [
            SettledLane(
                taken, dead=((taken.deliveries[0].delivery_id, "no"),), attempt=attempt("refused")
            )
        ],
        now=NOW,
    )
    kept = [
        dead,
        (await inbox.accept(new("pending", BEN))).id,
        (await inbox.accept(faulty("aside"))).id,
    ]
    half = (await inbox.accept(new("half", BEN, connectors=("crm", "other")))).id
    await settle(
        inbox, [delivered(one) for one in await take_ready(inbox, connector="other")], now=NOW
    )
    assert await inbox.purge_old(before=LATER) == 0
    assert not any([await gone(inbox, id) for id in (*kept, half)])
    (row,) = (await inbox.find_event(dead)).deliveries
    assert len(row.attempts) == 1


@stored
async def test_an_event_behind_a_dead_one_stays(inbox: Inbox) -> None:
    """Replaying the dead one has to bring it along, or the person would fall back; once that is
    done both go.
    """
    bad = (await inbox.accept(new("bad"))).id
    taken = await take_one(inbox)
    await settle(
        inbox, [SettledLane(taken, dead=((taken.deliveries[0].delivery_id, "no"),))], now=NOW
    )
    good = (await inbox.accept(new("good"))).id
    await settle(inbox, [delivered(await take_one(inbox))], now=NOW)
    assert await inbox.purge_old(before=LATER) == 0
    await inbox.replay_deliveries(DeliverySelection(events=(bad,)), now=NOW)
    taken = await take_one(inbox)
    assert bodies(taken) == ["bad", "good"]
    await settle(inbox, [delivered(taken)], now=NOW)
    assert await inbox.purge_old(before=LATER) == 2
    assert [await gone(inbox, id) for id in (bad, good)] == [True, True]


def test_nothing_is_left_of_what_is_purged(store_url: str) -> None:
    """Deliveries, people, attempts and counts of unknown keys go with the events; lanes and the
    CRM's ids stay.
    """

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            await inbox.accept(new("a", unknown=("vip",)))
            taken = await take_one(inbox)
            await settle(
                inbox,
                [delivered(taken, attempt=attempt())],
                records=[remote("contact", ANN, "7", taken)],
                now=NOW,
            )
            await inbox.accept(new("b", BEN, connectors=()))
            assert await inbox.purge_old(before=LATER) == 2
            assert await inbox.list_drift() == []
            assert (await inbox.find_record_states("crm", [("contact", ANN)]))[
                "contact", ANN
            ].id == "7"
            assert (await inbox.accept(new("a", at=LATER))).duplicate is False
            assert bodies(await take_one(inbox, at=LATER)) == ["a"]

    asyncio.run(main())
    for table in ("attempt", "event_person"):
        assert rows(store_url, f"SELECT * FROM {table}") == []


@stored
async def test_much_is_purged_in_chunks(inbox: Inbox) -> None:
    """Past what has to stay, to the end; events that are accepted meanwhile do not wait for all of
    it.
    """
    count = 5 * CHUNK + 7
    await asyncio.gather(
        *(
            inbox.accept(new(f"{number}", f"learner{number % 50}@example.edu"))
            for number in range(count)
        )
    )
    stay = [(await inbox.accept(faulty(f"faulty {number}"))).id for number in range(CHUNK + 5)]
    await asyncio.gather(
        *(inbox.accept(new(f"x{number}", connectors=())) for number in range(count))
    )
    while lanes := await take_ready(inbox):
        await settle(inbox, [delivered(one, attempt=attempt()) for one in lanes], now=NOW)
    order: list[str] = []

    async def note(name: str, call: object) -> object:
        result = await call  # type: ignore[misc]
        order.append(name)
        return result

    removed, _ = await asyncio.gather(
        note("purge", inbox.purge_old(before=LATER)),
        note("accept", inbox.accept(new("meanwhile", at=LATER))),
    )
    assert removed == 2 * count
    assert order == ["accept", "purge"]
    assert len((await inbox.list_events(limit=2000)).items) == len(stay) + 1


def test_purging_while_others_work(postgresql_url: str) -> None:
    """Two processes purge, replay, accept and settle the same lanes at once; nothing is stranded or
    orphaned.
    """

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as other:
            people = [f"learner{number}@example.edu" for number in range(30)]

            async def work(inbox: Inbox, name: str) -> None:
                for number in range(12):
                    await asyncio.gather(
                        *(
                            inbox.accept(new(f"{name} {number} {person}", person))
                            for person in people
                        )
                    )
                    if lanes := await take_ready(inbox, limit=20):
                        await settle(
                            inbox, [delivered(taken, attempt=attempt()) for taken in lanes], now=NOW
                        )
                    await inbox.replay_deliveries(
                        DeliverySelection(filter=EventFilter(state="delivered")), now=NOW
                    )
                    await inbox.purge_old(before=LATER)

            await asyncio.gather(work(one, "a"), work(other, "b"))
            while lanes := await take_ready(one):
                await settle(one, [delivered(taken) for taken in lanes], now=NOW)
            await one.purge_old(before=LATER)
            assert (await one.list_events()).items == ()
            assert (
                await one.replay_deliveries(DeliverySelection(filter=EventFilter()), now=NOW)
                == ReplayResult()
            )

    asyncio.run(main())


@pytest.mark.parametrize("days", [1, 90])
def test_the_time_is_the_events(sqlite_url: str, days: int) -> None:
    """Received at the very time is not before it."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            edge = NOW + timedelta(days=days)
            await inbox.accept(new("before", connectors=(), at=edge - timedelta(milliseconds=1)))
            kept = await inbox.accept(new("at", connectors=(), at=edge))
            assert await inbox.purge_old(before=edge) == 1
            assert await states(inbox, kept.id) == []

    asyncio.run(main())
