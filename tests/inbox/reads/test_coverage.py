"""Which connectors events have reached, and bringing many of them to one that was added."""

from __future__ import annotations

import asyncio

from receiver.inbox import DeliverySelection, EventCoverage, EventFilter, Inbox, SettledLane
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    bodies,
    delivered,
    faulty,
    new,
    seconds,
    settle,
    states,
    stored,
    take_ready,
)


@stored
async def test_events_with_their_connectors(inbox: Inbox) -> None:
    """Accepted ones only, newest first, in pages."""
    both = (await inbox.accept(new("a", ANN, BEN, connectors=("crm", "other")))).id
    none = (await inbox.accept(new("b", connectors=(), at=NOW + seconds(1)))).id
    await inbox.accept(faulty("c"))
    last = (await inbox.accept(new("d", source="shelbyville", at=NOW + seconds(2)))).id
    first, following = await inbox.list_coverage(EventFilter(), limit=2)
    second, end = await inbox.list_coverage(EventFilter(), before=following, limit=2)
    assert (end, [one.id for one in first][:1]) == (None, [last])
    assert sorted([*first, *second], key=lambda one: one.id) == [
        EventCoverage(both, "springfield", "order.placed", 2, frozenset({"crm", "other"})),
        EventCoverage(none, "springfield", "order.placed", 1, frozenset()),
        EventCoverage(last, "shelbyville", "order.placed", 1, frozenset({"crm"})),
    ]
    (only,), _ = await inbox.list_coverage(EventFilter(ids=(none, "0" * 32)), limit=10)
    assert only.id == none


@stored
async def test_events_as_they_came(inbox: Inbox) -> None:
    """With what is needed to judge them anew; what is in quarantine, or not there, is left out."""
    kept = (await inbox.accept(new("a", named="order.refused"))).id
    aside = (await inbox.accept(faulty("b"))).id
    (one,) = await inbox.find_calls([aside, kept, "0" * 32])
    assert (one.id, one.source, one.named, one.body, one.received_at) == (
        kept,
        "springfield",
        "order.refused",
        b"a",
        NOW,
    )


@stored
async def test_many_at_once(inbox: Inbox) -> None:
    """Events of the same people in one transaction: each delivery is in its place, and only what is
    missing is made.
    """
    people = [f"learner{number}@example.edu" for number in range(9)]
    ids = [
        (await inbox.accept(new(f"{number} {person}", person, at=NOW + seconds(number)))).id
        for number in range(4)
        for person in people
    ]
    aside = (await inbox.accept(faulty("aside"))).id
    await settle(
        inbox, [delivered(one) for one in await take_ready(inbox, at=NOW + seconds(9))], now=NOW
    )
    wanted = {
        id: [("crm", people[index % 9]), ("added", people[index % 9])]
        for index, id in enumerate(ids)
    }
    assert (
        await inbox.add_deliveries(
            {**dict(reversed(wanted.items())), aside: [("added", ANN)], "0" * 32: [("added", ANN)]},
            now=NOW,
        )
        == 36
    )
    assert await inbox.add_deliveries(wanted, now=NOW) == 0
    lanes = await take_ready(inbox, connector="added", at=NOW + seconds(9))
    assert {one.person_key: bodies(one) for one in lanes} == {
        person: [f"{number} {person}" for number in range(4)] for person in people
    }
    assert await take_ready(inbox, at=NOW + seconds(9)) == []
    assert await states(inbox, aside) == []


@stored
async def test_many_at_once_beside_all_else(inbox: Inbox) -> None:
    """While others accept, deliver and make the same deliveries: none is made twice, and none is
    left behind.
    """
    people = [f"learner{number}@example.edu" for number in range(12)]
    ids = [
        (await inbox.accept(new(f"{number} {person}", person))).id
        for number in range(5)
        for person in people
    ]
    wanted = {id: [("added", people[index % 12])] for index, id in enumerate(ids)}

    async def work(connector: str) -> None:
        for _ in range(30):
            await settle(
                inbox,
                [delivered(one) for one in await take_ready(inbox, connector=connector, limit=5)],
                now=NOW,
            )

    async def add() -> None:
        for number in range(5, 10):
            await asyncio.gather(
                *(
                    inbox.accept(new(f"{number} {person}", person, connectors=("crm", "added")))
                    for person in people
                )
            )

    made = await asyncio.gather(
        inbox.add_deliveries(wanted, now=NOW),
        inbox.add_deliveries(dict(reversed(wanted.items())), now=NOW),
        *(inbox.add_deliveries({id: wanted[id]}, now=NOW) for id in ids),
    )
    assert sum(made) == 60
    await asyncio.gather(add(), work("crm"), work("added"), work("added"))
    while lanes := [*await take_ready(inbox), *await take_ready(inbox, connector="added")]:
        await settle(inbox, [delivered(one) for one in lanes], now=NOW)
    status = await inbox.read_status(now=NOW)
    assert (status.pending, status.dead) == (0, 0)


@stored
async def test_a_large_replay_leaves_room_for_others(inbox: Inbox) -> None:
    """However many deliveries a lane has, few lanes go in one transaction."""
    people = [f"learner{number}@example.edu" for number in range(8)]
    for number in range(300):
        await asyncio.gather(
            *(inbox.accept(new(f"{number} {person}", person)) for person in people)
        )
    while lanes := await take_ready(inbox):
        await settle(
            inbox,
            [
                SettledLane(one, tuple(pending.delivery_id for pending in one.deliveries))
                for one in lanes
            ],
            now=NOW,
        )
    told: list[tuple[int, int]] = []
    done = await inbox.replay_deliveries(
        DeliverySelection(filter=EventFilter()),
        now=NOW,
        progress=lambda *numbers: told.append(numbers),
    )
    assert (done.again, told) == (2400, [(3, 8), (6, 8), (8, 8)])
