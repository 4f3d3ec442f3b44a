"""Lanes that are ready: in which order, with how much in them, and when they rest."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Any

import pytest

from receiver.inbox import DeliverySelection, Inbox, SettledLane
from receiver.inbox.db.tables import LanePriority
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.lanes import ready
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    bodies,
    delivered,
    new,
    next_due,
    open_inbox,
    seconds,
    settle,
    stored,
    take_one,
    take_ready,
)


@stored
async def test_a_lane_says_what_is_to_be_delivered(inbox: Inbox) -> None:
    """The lane, its pending deliveries oldest first with their events, and nothing of other
    connectors.
    """
    first = await inbox.accept(new("a", named=None))
    second = await inbox.accept(
        new(
            "b",
            name="quiz.submitted",
            named="quiz.submitted",
            source="shelbyville",
            at=NOW + seconds(1),
        )
    )
    await inbox.accept(new("c", connectors=("other",)))
    taken = await take_one(inbox, at=NOW + seconds(2))
    assert (
        taken.connector,
        taken.person_key,
        taken.attempts,
        taken.failing_since,
        taken.capped,
    ) == ("crm", ANN, 0, None, False)
    told = [
        (one.event_id, one.source, one.name, one.named, one.body, one.received_at)
        for one in taken.deliveries
    ]
    assert told == [
        (first.id, "springfield", "order.placed", None, b"a", NOW),
        (second.id, "shelbyville", "quiz.submitted", "quiz.submitted", b"b", NOW + seconds(1)),
    ]


@stored
async def test_lanes_are_taken_in_the_order_in_which_they_are_due(inbox: Inbox) -> None:
    """Up to the limit; a lane that is not due yet is left, and so is one that is under way."""
    for number in range(10):
        await inbox.accept(new(f"{number}", f"p{number}@example.edu", at=NOW + seconds(number)))
    first = await take_ready(inbox, limit=4, at=NOW + seconds(8))
    busy = {one.lane_id for one in first}
    rest = await take_ready(inbox, at=NOW + seconds(8), busy=busy)
    assert [bodies(one) for one in first] == [["0"], ["1"], ["2"], ["3"]]
    assert [bodies(one) for one in rest] == [["4"], ["5"], ["6"], ["7"], ["8"]]


@stored
async def test_taking_a_lane_changes_nothing(inbox: Inbox) -> None:
    """Only its leader knows what is under way: after a crash the lane is there as before."""
    await inbox.accept(new("a"))
    assert await take_one(inbox) == await take_one(inbox)


@stored
async def test_queues_stand_by_priority_and_source(inbox: Inbox) -> None:
    """What goes first first; each tells what is due, and when the first of its others is."""
    many = [f"p{number}@example.edu" for number in range(21)]
    await inbox.accept(new("list", *many, source="b"))
    await inbox.accept(new("old", "old@x.org", source="a", at=NOW - seconds(999), late_at=NOW))
    await inbox.accept(new("live", "1@x.org", source="b"))
    await inbox.accept(new("live", "2@x.org", source="a"))
    await inbox.accept(new("later", "3@x.org", source="a", at=NOW + seconds(9)))
    await inbox.accept(new("latest", "4@x.org", source="a", at=NOW + seconds(10)))
    await inbox.accept(new("other", "1@x.org", source="c", connectors=("other",)))
    found = await inbox.list_queues("crm", limit=50, busy=(), now=NOW)
    assert [(one.priority, one.source, len(one.due), one.next_due) for one in found] == [
        (LanePriority.LIVE, "a", 1, NOW + seconds(9)),
        (LanePriority.LIVE, "b", 1, None),
        (LanePriority.MANY, "b", 21, None),
        (LanePriority.BULK, "a", 1, None),
    ]


@stored
async def test_each_queue_names_up_to_the_limit(inbox: Inbox) -> None:
    """However many of its lanes are busy; a queue of which all lanes are busy names none."""
    for number in range(10):
        await inbox.accept(new(f"{number}", f"p{number}@x.org", at=NOW + seconds(number)))
    await inbox.accept(new("b", "q@x.org", source="z"))
    at = NOW + seconds(60)
    (first, last) = await inbox.list_queues("crm", limit=4, busy=(), now=at)
    assert (len(first.due), len(last.due)) == (4, 1)
    busy = {*first.due, *last.due}
    (rest, none) = await inbox.list_queues("crm", limit=4, busy=busy, now=at)
    assert (len(set(rest.due) - busy), none.due, none.next_due) == (4, (), None)


@stored
async def test_lanes_that_are_not_due_are_not_loaded(inbox: Inbox) -> None:
    """One that was put off, rests or is gone since the look at the queues is left out."""
    for person in (ANN, BEN, "cleo@example.edu"):
        await inbox.accept(new(person, person))
    lanes = {one.person_key: one for one in await take_ready(inbox)}
    ids = [one.lane_id for one in lanes.values()]
    put_off = SettledLane(lanes[ANN], retry_at=NOW + seconds(5))
    await settle(inbox, [put_off, delivered(lanes[BEN])], now=NOW)
    (left,) = await inbox.load_lanes([*ids, 999_999], now=NOW)
    assert left.person_key == "cleo@example.edu"
    assert await inbox.load_lanes([], now=NOW) == []


@stored
async def test_a_long_lane_is_taken_in_parts(inbox: Inbox) -> None:
    """200 deliveries at once; settling them leaves the lane ready for the next part, in order."""
    await asyncio.gather(*(inbox.accept(new(f"{number}")) for number in range(450)))
    found = []
    for size, capped in ((200, True), (200, True), (50, False)):
        taken = await take_one(inbox)
        assert (len(taken.deliveries), taken.capped) == (size, capped)
        found += bodies(taken)
        await settle(inbox, [delivered(taken)], now=NOW)
    assert found == [str(number) for number in range(450)]
    assert await take_ready(inbox) == []


@stored
async def test_a_heavy_lane_is_taken_in_parts(inbox: Inbox) -> None:
    """4 MiB of bodies at once, and one delivery at least; lanes that do not fit beside others wait
    for the next time.
    """
    heavy = "x" * (3 * 1024 * 1024)
    await inbox.accept(new("a" + heavy * 2))
    await inbox.accept(new("b" + heavy))
    await inbox.accept(new("c"))
    found = []
    for capped in (True, False):
        taken = await take_one(inbox)
        assert taken.capped is capped
        found.append("".join(body[0] for body in bodies(taken)))
        await settle(inbox, [delivered(taken)], now=NOW)
    assert found == ["a", "bc"]


@stored
async def test_what_is_loaded_fits_into_memory(inbox: Inbox) -> None:
    """Lanes that are too much together are loaded one after the other; so are too many
    deliveries.
    """
    heavy = "x" * (ready.MOST_BYTES - 100)
    people = [f"p{number}@example.edu" for number in range(12)]
    await asyncio.gather(*(inbox.accept(new(f"{one}{heavy}", one)) for one in people))
    taken = [await take_ready(inbox)]
    while taken[-1]:
        busy = {one.lane_id for one in chain(*taken)}
        taken.append(await take_ready(inbox, busy=busy))
    assert [len(some) for some in taken] == [4, 4, 4, 0]
    assert {one.person_key for one in chain(*taken)} == set(people)


@stored
async def test_so_many_deliveries_are_loaded_together(inbox: Inbox) -> None:
    """1,500 of all lanes; one that does not fit beside the others waits, a smaller one goes."""
    sizes = dict.fromkeys((f"p{number}@example.edu" for number in range(7)), 200)
    sizes |= {"q@example.edu": 150, "r@example.edu": 100}
    for second, (person, size) in enumerate(sizes.items()):
        at = NOW + seconds(second)
        events = (new(f"{person} {number}", person, at=at) for number in range(size))
        await asyncio.gather(*(inbox.accept(one) for one in events))
    taken = await take_ready(inbox, at=NOW + seconds(60))
    assert [one.person_key for one in taken] == [one for one in sizes if one != "q@example.edu"]


@stored
async def test_a_large_event_for_many_is_held_once(inbox: Inbox) -> None:
    """An enrolment of thousands is delivered in full batches: its body takes no more room for a
    hundred people than for one.
    """
    await inbox.accept(
        new(
            "x" * (ready.MOST_BYTES - 100),
            *(f"learner{number}@example.edu" for number in range(100)),
        )
    )
    lanes = await take_ready(inbox, limit=100)
    assert len(lanes) == 100
    assert len({id(body) for one in lanes for body in [one.deliveries[0].body]}) == 1


@stored
async def test_a_lane_with_nothing_left_is_put_to_rest(inbox: Inbox) -> None:
    """What was pending was discarded; a new event wakes the lane again, with no attempt behind
    it.
    """
    await inbox.accept(new("a"))
    lane = await take_one(inbox)
    await settle(inbox, [SettledLane(lane, retry_at=NOW)], now=NOW)
    await inbox.discard_selected(
        DeliverySelection(deliveries=(lane.deliveries[0].delivery_id,)), now=NOW
    )
    assert await take_ready(inbox) == []
    assert await next_due(inbox, NOW) is None
    await inbox.accept(new("b"))
    again = await take_one(inbox)
    assert (bodies(again), again.attempts, again.failing_since) == (["b"], 0, None)


@stored
async def test_what_comes_meanwhile_keeps_a_lane_awake(inbox: Inbox) -> None:
    """Its deliveries were discarded, and a new one came between the look at them and the rest."""
    first = await inbox.accept(new("a"))
    lane = await take_one(inbox)
    await inbox.discard_selected(DeliverySelection(events=(first.id,)), now=NOW)
    await inbox.accept(new("b"))
    # between load's two steps
    await inbox._deliver(partial(ready.rest_lanes, lanes=[lane]))  # noqa: SLF001
    assert bodies(await take_one(inbox)) == ["b"]


@stored
async def test_next_due_is_the_first_of_all_lanes(inbox: Inbox) -> None:
    """Of this connector, and not before now; None where nothing is pending."""
    assert await next_due(inbox, NOW) is None
    await inbox.accept(new("a", ANN))
    await inbox.accept(new("b", BEN, at=NOW + seconds(30)))
    await inbox.accept(new("c", BEN, connectors=("other",), at=NOW - seconds(30)))
    assert await next_due(inbox, NOW) == NOW
    assert await next_due(inbox, NOW + seconds(10)) == NOW + seconds(10)
    await settle(inbox, [delivered(one) for one in await take_ready(inbox)], now=NOW)
    assert await next_due(inbox, NOW) == NOW + seconds(30)


@pytest.mark.parametrize("history", [0, 3000])
def test_looking_does_not_read_what_is_delivered(sqlite_url: str, history: int) -> None:
    """A lane's history costs a look nothing: the work of SQLite's machine is the same with 3,000
    delivered events as with none.
    """

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            await asyncio.gather(*(inbox.accept(new(f"{number}")) for number in range(history)))
            while lanes := await take_ready(inbox):
                await settle(inbox, [delivered(one) for one in lanes], now=NOW)
            await inbox.accept(new("new"))
            assert await _steps(inbox) < 2

    async def _steps(inbox: Inbox) -> int:
        ticks = 0

        def tick() -> int:
            nonlocal ticks
            ticks += 1
            return 0

        def count(transaction: Transaction) -> None:
            driver: Any = transaction.connection.connection.driver_connection
            driver.set_progress_handler(tick, 1000)
            try:
                (queue,) = ready.list_queues(transaction, "crm", limit=9, busy=(), now=NOW)
                (lane,) = ready.load_lanes(transaction, queue.due, now=NOW)
                assert bodies(lane) == ["new"]
            finally:
                driver.set_progress_handler(None, 0)

        await inbox._look(count)  # noqa: SLF001 - SQLite's own counter sits on the connection
        return ticks

    asyncio.run(main())


@stored
async def test_what_waits_longest_is_taken_first_whatever_fits(inbox: Inbox) -> None:
    """Lanes that are too much for one look keep their place: nobody starves behind people who came
    before him.
    """
    people = [f"learner{number}@example.edu" for number in range(6)]
    for person in people:
        await inbox.accept(new(f"first of {person}", person))
    await settle(inbox, [delivered(one) for one in await take_ready(inbox)], now=NOW)
    heavy = "x" * (ready.MOST_BYTES - 100)
    for second, person in enumerate(reversed(people)):  # the last one is due first
        await inbox.accept(new(f"{person}{heavy}", person, at=NOW + seconds(second)))
    later = NOW + seconds(60)
    first = await take_ready(inbox, at=later)
    assert [one.person_key for one in first] == people[:1:-1]
    await inbox.accept(new("young", "young@example.edu", at=NOW + seconds(30)))
    busy = {one.lane_id for one in first}
    rest = await take_ready(inbox, at=later, busy=busy)
    assert [one.person_key for one in rest] == [people[1], people[0], "young@example.edu"]


@stored
async def test_what_comes_live_goes_before_what_waits_in_bulk(inbox: Inbox) -> None:
    """A replay of many, or an import, does not hold up a learner who buys; nor does it hold up
    those whom it is about.
    """
    kept = [
        await inbox.accept(new(f"{number}", f"learner{number}@example.edu")) for number in range(20)
    ]
    await settle(inbox, [delivered(one) for one in await take_ready(inbox)], now=NOW)
    await inbox.replay_deliveries(DeliverySelection(events=[one.id for one in kept]), now=NOW)
    await inbox.accept(
        new("history", "late@example.edu", at=NOW - timedelta(days=400), late_at=NOW)
    )
    assert {one.priority for one in await inbox.list_queues("crm", limit=1, busy=(), now=NOW)} == {
        LanePriority.BULK
    }
    await inbox.accept(new("new", ANN, at=NOW + seconds(1)))
    await inbox.accept(new("again", "learner7@example.edu", at=NOW + seconds(1)))
    first = await take_ready(inbox, at=NOW + seconds(2), priority=LanePriority.LIVE)
    assert {one.person_key for one in first} == {ANN, "learner7@example.edu"}
    assert await next_due(inbox, NOW - seconds(9)) == NOW
    rest = await take_ready(inbox, at=NOW + seconds(2), priority=LanePriority.BULK)
    assert len(rest) == 20
    await settle(inbox, [delivered(one) for one in [*first, *rest]], now=NOW + seconds(2))
    await inbox.accept(new("live once more", "learner3@example.edu", at=NOW + seconds(3)))
    await inbox.replay_deliveries(DeliverySelection(events=[kept[0].id]), now=NOW + seconds(3))
    assert [
        one.person_key
        for one in await take_ready(inbox, at=NOW + seconds(4), priority=LanePriority.LIVE)
    ] == ["learner3@example.edu"]
    assert [
        one.person_key
        for one in await take_ready(inbox, at=NOW + seconds(4), priority=LanePriority.BULK)
    ] == ["learner0@example.edu"]


@stored
async def test_no_lane_waits_longer_than_it_was_meant_to(inbox: Inbox) -> None:
    """A clock that was ahead put it off; once that is set back, the wait counts from now.

    Others are left.
    """
    hour, ahead = timedelta(hours=1), NOW + timedelta(days=300)
    for person in (ANN, BEN, "cleo@example.edu"):
        await inbox.accept(new(person, person))
    ann, ben, cleo = sorted(await take_ready(inbox), key=lambda one: one.person_key)
    await settle(inbox, [SettledLane(ann, retry_at=ahead + hour)], now=ahead)
    await settle(inbox, [SettledLane(ben, retry_at=NOW + 2 * hour)], now=NOW)
    await settle(inbox, [delivered(cleo)], now=NOW)
    assert await inbox.correct_waits("other", now=NOW) == 0
    assert await inbox.correct_waits("crm", now=NOW) == 1
    assert await next_due(inbox, NOW) == NOW + hour
    assert await inbox.correct_waits("crm", now=NOW + 2 * hour) == 0
    due = await take_ready(inbox, at=NOW + 2 * hour)
    assert [one.person_key for one in due] == [ANN, BEN]


@stored
async def test_what_a_clock_that_was_ahead_accepted_is_due_now(inbox: Inbox) -> None:
    """Nobody meant a new event to wait at all."""
    await inbox.accept(new("a", at=NOW + timedelta(days=300)))
    assert await inbox.correct_waits("crm", now=NOW) == 1
    assert bodies(await take_one(inbox)) == ["a"]
