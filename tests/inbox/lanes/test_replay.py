"""Replaying and discarding: nobody is moved backwards, and no late result undoes it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

from receiver.inbox import DeliverySelection, EventFilter, Inbox, ReplayResult, SettledLane
from receiver.inbox.lanes.replay import discard_deliveries
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    attempt,
    bodies,
    delivered,
    faulty,
    new,
    seconds,
    settle,
    states,
    stored,
    take_one,
    take_ready,
)


async def deliver(inbox: Inbox, *contents: str, person: str = ANN) -> list[str]:
    """Accept and deliver them one after the other; returns the events' ids."""
    ids = []
    for content in contents:
        ids.append((await inbox.accept(new(content, person))).id)
        await settle(inbox, [delivered(one) for one in await take_ready(inbox)], now=NOW)
    return ids


async def kill(inbox: Inbox, content: str, reason: str, person: str = ANN, **other: object) -> str:
    """Accept an event that the CRM refuses for good; returns its id."""
    id = (await inbox.accept(new(content, person, **other))).id  # type: ignore[arg-type]
    for taken in await take_ready(inbox):
        await settle(
            inbox,
            [SettledLane(taken, dead=tuple((one.delivery_id, reason) for one in taken.deliveries))],
            now=NOW,
        )
    return id


@stored
async def test_a_replay_brings_the_later_ones_along(inbox: Inbox) -> None:
    """An order that is replayed folds with its refund again, and can never fall back behind it."""
    ids = await deliver(inbox, "before", "order", "refund")
    done = await inbox.replay_deliveries(DeliverySelection(events=(ids[1],)), now=NOW)
    assert done == ReplayResult(1, 2, 1, 1, 1, {"crm": 2})
    assert [await states(inbox, id) for id in ids] == [["delivered"], ["pending"], ["pending"]]
    assert bodies(await take_one(inbox)) == ["order", "refund"]


@stored
async def test_a_dry_run_changes_nothing(inbox: Inbox) -> None:
    """It says what would happen."""
    ids = await deliver(inbox, "order", "refund")
    assert await inbox.replay_deliveries(
        DeliverySelection(events=ids[:1]), now=NOW, dry_run=True
    ) == ReplayResult(1, 2, 1, 1, 1, {"crm": 2})
    assert [await states(inbox, id) for id in ids] == [["delivered"], ["delivered"]]
    assert await take_ready(inbox) == []


@stored
async def test_the_dead_come_alive(inbox: Inbox) -> None:
    """A dead delivery is pending again, without its reason, before what was delivered after it."""
    dead = await kill(inbox, "bad", "INVALID_EMAIL")
    (later,) = await deliver(inbox, "good")
    await inbox.replay_deliveries(DeliverySelection(events=(dead,)), now=NOW + seconds(7))
    assert bodies(await take_one(inbox, at=NOW + seconds(7))) == ["bad", "good"]
    (row,) = (await inbox.find_event(dead)).deliveries
    assert (row.reason, row.settled_at, row.failing_since) == (None, None, None)
    assert await states(inbox, later) == ["pending"]


@stored
async def test_a_group_is_replayed_by_its_reason(inbox: Inbox) -> None:
    """All that died of the same at one connector, although their lanes moved on; nothing else."""
    dead = [
        await kill(
            inbox, f"bad {number}", "PROPERTY_DOESNT_EXIST: plan", f"learner{number}@example.edu"
        )
        for number in range(30)
    ]
    other = await kill(inbox, "worse", "INVALID_EMAIL", BEN)
    moved = await deliver(inbox, "on", person="learner7@example.edu")
    group = EventFilter(state="dead", connector="crm", reason="PROPERTY_DOESNT_EXIST: plan")
    assert await inbox.replay_deliveries(DeliverySelection(filter=group), now=NOW) == ReplayResult(
        30, 31, 30, 1, 30, {"crm": 31}
    )
    assert {tuple(await states(inbox, id)) for id in [*dead, *moved]} == {("pending",)}
    assert await states(inbox, other) == ["dead"]


@stored
async def test_a_range_is_replayed(inbox: Inbox) -> None:
    """By source, name and time; many lanes, some at a time, with the progress told."""
    for hour in range(4):
        at = NOW + timedelta(hours=hour)
        people = [f"learner{number}@example.edu" for number in range(150)]
        await asyncio.gather(
            *(
                inbox.accept(new(f"{hour} {person}", person, at=at, source=f"s{hour % 2}"))
                for person in people
            )
        )
        await settle(
            inbox, [delivered(one) for one in await take_ready(inbox, limit=500, at=at)], now=at
        )
    told: list[tuple[int, int]] = []
    chosen = EventFilter(
        source="s0",
        event="order.placed",
        since=NOW + timedelta(hours=1),
        until=NOW + timedelta(hours=3),
    )
    done = await inbox.replay_deliveries(
        DeliverySelection(filter=chosen), now=NOW, progress=lambda *numbers: told.append(numbers)
    )
    assert done == ReplayResult(150, 300, 150, 150, 150, {"crm": 300})
    assert told == [(150, 150)]
    done = await inbox.replay_deliveries(
        DeliverySelection(filter=EventFilter()),
        now=NOW,
        progress=lambda *numbers: told.append(numbers),
    )
    assert done == ReplayResult(600, 300, 150, 0, 150, {"crm": 300})
    assert {
        body[0] for one in await take_ready(inbox, limit=500, at=NOW) for body in bodies(one)
    } == {"0", "1", "2", "3"}


@stored
async def test_a_replay_wakes_a_lane_that_waits(inbox: Inbox) -> None:
    """What is pending is tried at once, and the time after which the lane is given up begins
    anew.
    """
    kept = await inbox.accept(new("a"))
    await settle(
        inbox, [SettledLane(await take_one(inbox), retry_at=NOW + timedelta(hours=1))], now=NOW
    )
    assert await inbox.replay_deliveries(
        DeliverySelection(events=(kept.id,)), now=NOW + seconds(1)
    ) == ReplayResult(1, 0, 1, 0, 1)
    taken = await take_one(inbox, at=NOW + seconds(1))
    assert (bodies(taken), taken.failing_since, taken.attempts) == (["a"], None, 1)


@stored
async def test_a_late_settle_does_not_undo_a_replay(inbox: Inbox) -> None:
    """While a later event is being delivered, an earlier one is replayed: both go again, in
    order.
    """
    (order,) = await deliver(inbox, "order")
    refund = (await inbox.accept(new("refund"))).id
    running = await take_one(inbox)
    assert bodies(running) == ["refund"]
    await inbox.replay_deliveries(DeliverySelection(events=(order,)), now=NOW + seconds(1))
    report = await settle(inbox, [delivered(running, attempt=attempt())], now=NOW + seconds(2))
    assert (report.delivered, report.lost) == (0, False)
    assert [await states(inbox, id) for id in (order, refund)] == [["pending"], ["pending"]]
    again = await take_one(inbox, at=NOW + seconds(2))
    assert bodies(again) == ["order", "refund"]
    assert (await settle(inbox, [delivered(again)], now=NOW + seconds(3))).delivered == 2
    (row,) = (await inbox.find_event(refund)).deliveries
    assert len(row.attempts) == 1


@stored
async def test_a_late_death_does_not_undo_a_replay(inbox: Inbox) -> None:
    """Nor does a retry put it off: whoever replays wants it now."""
    (order,) = await deliver(inbox, "order")
    await inbox.accept(new("refund"))
    running = await take_one(inbox)
    await inbox.replay_deliveries(DeliverySelection(events=(order,)), now=NOW)
    await settle(
        inbox, [SettledLane(running, dead=((running.deliveries[0].delivery_id, "no"),))], now=NOW
    )
    running = await take_one(inbox)
    assert bodies(running) == ["order", "refund"]
    await inbox.replay_deliveries(DeliverySelection(events=(order,)), now=NOW)
    await settle(inbox, [SettledLane(running, retry_at=NOW + seconds(9))], now=NOW)
    assert bodies(await take_one(inbox)) == ["order", "refund"]


@stored
async def test_discarding(inbox: Inbox) -> None:
    """A pending or dead delivery is given up; a delivered one is not."""
    dead = await kill(inbox, "bad", "no")
    done = (await deliver(inbox, "good"))[0]
    waiting = (await inbox.accept(new("more"))).id
    assert (
        await inbox.discard_selected(
            DeliverySelection(events=(dead, done, waiting)), now=NOW + seconds(1)
        )
        == 2
    )
    assert [await states(inbox, id) for id in (dead, done, waiting)] == [
        ["discarded"],
        ["delivered"],
        ["discarded"],
    ]
    (row,) = (await inbox.find_event(dead)).deliveries
    assert (row.reason, row.settled_at) == ("no", NOW + seconds(1))
    assert await take_ready(inbox) == []
    assert (
        await inbox.discard_selected(DeliverySelection(deliveries=(row.id, 999_999)), now=NOW) == 0
    )


@stored
async def test_a_late_settle_does_not_undo_a_discard(inbox: Inbox) -> None:
    """Discarded while it was being delivered, it stays discarded; the others of the lane are
    settled.
    """
    first, second = (await inbox.accept(new("a"))).id, (await inbox.accept(new("b"))).id
    running = await take_one(inbox)
    await inbox.discard_selected(DeliverySelection(events=(first,)), now=NOW)
    report = await settle(inbox, [delivered(running)], now=NOW)
    assert (report.delivered, report.lost) == (1, False)
    assert [await states(inbox, id) for id in (first, second)] == [["discarded"], ["delivered"]]
    assert await take_ready(inbox) == []


@stored
async def test_a_group_is_discarded_by_its_reason(inbox: Inbox) -> None:
    """All that died of the same; nothing else."""
    for number in range(250):
        await inbox.accept(new(f"bad {number}", f"learner{number}@example.edu"))
    results = [
        SettledLane(one, dead=((one.deliveries[0].delivery_id, "no"),))
        for one in await take_ready(inbox, limit=500)
    ]
    await settle(inbox, results, now=NOW)
    other = await kill(inbox, "worse", "INVALID_EMAIL", BEN)
    assert (
        await inbox.discard_selected(
            DeliverySelection(filter=EventFilter(state="dead", reason="no")), now=NOW
        )
        == 250
    )
    assert await states(inbox, other) == ["dead"]
    assert (await inbox.read_status(now=NOW)).dead == 1


@stored
async def test_what_was_discarded_comes_back_only_by_name(inbox: Inbox) -> None:
    """A replay from before it leaves it; a replay of the delivery itself revives it."""
    first, second, third = [(await inbox.accept(new(content))).id for content in "abc"]
    await inbox.discard_selected(DeliverySelection(events=(second,)), now=NOW)
    await settle(inbox, [delivered(await take_one(inbox))], now=NOW)
    await inbox.replay_deliveries(DeliverySelection(events=(first,)), now=NOW)
    taken = await take_one(inbox)
    assert bodies(taken) == ["a", "c"]
    await settle(inbox, [delivered(taken)], now=NOW)
    assert await inbox.replay_deliveries(
        DeliverySelection(filter=EventFilter(state="discarded")), now=NOW
    ) == ReplayResult(1, 2, 1, 1, 1, {"crm": 2})
    assert bodies(await take_one(inbox)) == ["b", "c"]
    assert [await states(inbox, id) for id in (first, second, third)] == [
        ["delivered"],
        ["pending"],
        ["pending"],
    ]


@stored
async def test_nothing_chosen(inbox: Inbox) -> None:
    """An empty selection, unknown ids and quarantined calls replay and discard nothing."""
    await deliver(inbox, "a")
    aside = (await inbox.accept(faulty("b"))).id
    for selection in (
        DeliverySelection(),
        DeliverySelection(events=("0" * 32,)),
        DeliverySelection(deliveries=(999,)),
        DeliverySelection(events=(aside,)),
    ):
        assert await inbox.replay_deliveries(selection, now=NOW) == ReplayResult()
        assert await inbox.discard_selected(selection, now=NOW) == 0


@stored
async def test_one_connector_of_several(inbox: Inbox) -> None:
    """A filter that names a connector leaves the others' deliveries of the same events alone."""
    await inbox.accept(new("a", connectors=("crm", "other")))
    for connector in ("crm", "other"):
        await settle(
            inbox, [delivered(one) for one in await take_ready(inbox, connector=connector)], now=NOW
        )
    await inbox.replay_deliveries(DeliverySelection(filter=EventFilter(connector="other")), now=NOW)
    assert await take_ready(inbox) == []
    assert [one.connector for one in await take_ready(inbox, connector="other")] == ["other"]


@stored
async def test_replaying_while_delivering(inbox: Inbox) -> None:
    """A replay of everything, while lanes are taken, settled and added to, loses nothing and leaves
    each lane in order.
    """
    people = [f"learner{number}@example.edu" for number in range(20)]

    async def work() -> None:
        while lanes := await take_ready(inbox, limit=5):
            for one in lanes:
                places = [pending.seq for pending in one.deliveries]
                assert places == sorted(places)
            await settle(inbox, [delivered(one) for one in lanes], now=NOW)

    async def add() -> None:
        for number in range(20):
            await asyncio.gather(
                *(inbox.accept(new(f"{number} {person}", person)) for person in people)
            )

    async def replay() -> None:
        for _ in range(5):
            await inbox.replay_deliveries(DeliverySelection(filter=EventFilter()), now=NOW)

    await asyncio.gather(add(), work(), replay())
    await work()
    status = await inbox.read_status(now=NOW)
    assert (status.pending, status.dead) == (0, 0)
    page = await inbox.list_events(EventFilter(state="delivered"), limit=500)
    assert len(page.items) == 400


@stored
async def test_what_was_replayed_meanwhile_is_not_discarded(inbox: Inbox) -> None:
    """Who discards all that is dead does not mean what a colleague has just brought back to
    life.
    """
    kept = await inbox.accept(new("a"))
    taken = await take_one(inbox)
    dead = taken.deliveries[0].delivery_id
    await settle(inbox, [SettledLane(taken, dead=((dead, "no"),))], now=NOW)
    await inbox.replay_deliveries(DeliverySelection(events=(kept.id,)), now=NOW)
    # between its two steps
    assert await inbox._write(partial(discard_deliveries, ids=[dead], now=NOW, only_dead=True)) == 0  # noqa: SLF001
    assert await states(inbox, kept.id) == ["pending"]
    assert (
        await inbox.discard_selected(DeliverySelection(filter=EventFilter(state="dead")), now=NOW)
        == 0
    )
    assert await inbox.discard_selected(DeliverySelection(events=(kept.id,)), now=NOW) == 1
