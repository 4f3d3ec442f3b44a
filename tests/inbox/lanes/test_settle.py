"""Settling: what came of lanes, told by whoever leads, and by whoever led before."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from receiver.inbox import Inbox, SettledLane
from tests.inbox.store import (
    NOW,
    attempt,
    bodies,
    delivered,
    new,
    next_due,
    seconds,
    settle,
    states,
    stored,
    take_one,
    take_ready,
)


@stored
async def test_delivered_is_done(inbox: Inbox) -> None:
    """The deliveries are delivered, the lane rests, and nothing is ready any more."""
    kept = [await inbox.accept(new(content)) for content in "ab"]
    report = await settle(inbox, [delivered(await take_one(inbox))], now=NOW + seconds(1))
    assert (report.delivered, report.dead, report.lost) == (2, 0, False)
    assert [await states(inbox, one.id) for one in kept] == [["delivered"], ["delivered"]]
    (row,) = (await inbox.find_event(kept[0].id)).deliveries
    assert (row.settled_at, row.lane_state, row.tries, row.failing_since) == (
        NOW + seconds(1),
        "idle",
        0,
        None,
    )
    assert await take_ready(inbox, at=NOW + timedelta(days=1)) == []


@stored
async def test_settling_twice_is_settling_once(inbox: Inbox) -> None:
    """What is delivered stays delivered, also where the second result says otherwise."""
    kept = await inbox.accept(new("a"))
    lane = await take_one(inbox)
    assert (await settle(inbox, [delivered(lane)], now=NOW)).delivered == 1
    dead = SettledLane(lane, dead=((lane.deliveries[0].delivery_id, "no"),))
    for again in (delivered(lane), dead):
        report = await settle(inbox, [again], now=NOW)
        assert (report.delivered, report.dead, report.lost) == (0, 0, False)
    assert await states(inbox, kept.id) == ["delivered"]


@stored
async def test_an_event_that_comes_meanwhile_is_not_stranded(inbox: Inbox) -> None:
    """Its lane was under way: it is ready as soon as that is settled."""
    await inbox.accept(new("a"))
    first = await take_one(inbox)
    late = await inbox.accept(new("b"))
    await settle(inbox, [delivered(first)], now=NOW + seconds(1))
    assert await states(inbox, late.id) == ["pending"]
    assert await next_due(inbox, NOW) == NOW + seconds(1)
    assert bodies(await take_one(inbox, at=NOW + seconds(1))) == ["b"]


@stored
async def test_accepting_and_settling_at_once_strands_nothing(inbox: Inbox) -> None:
    """200 times an event comes at the very moment its lane is settled: each time it is delivered
    afterwards.
    """
    await inbox.accept(new("start"))
    for number in range(200):
        taken = await take_one(inbox)
        await asyncio.gather(
            settle(inbox, [delivered(taken)], now=NOW), inbox.accept(new(f"{number}"))
        )
        assert await next_due(inbox, NOW) == NOW
    assert bodies(await take_one(inbox)) == ["199"]


@stored
async def test_a_retry_waits_for_its_time(inbox: Inbox) -> None:
    """The lane is due at that time, keeps what is pending, and counts the attempt and since when it
    fails.
    """
    await inbox.accept(new("a"))
    for number in range(3):
        at = NOW + timedelta(minutes=number)
        taken = await take_one(inbox, at=at)
        assert (taken.attempts, taken.failing_since) == (
            number,
            None if number == 0 else NOW + seconds(5),
        )
        later = at + timedelta(minutes=1)
        await settle(
            inbox,
            [SettledLane(taken, retry_at=later, attempt=attempt("retry"))],
            now=at + seconds(5),
        )
        assert await next_due(inbox, at) == later
        assert await take_ready(inbox, at=later - timedelta(microseconds=1)) == []
    taken = await take_one(inbox, at=NOW + timedelta(minutes=3))
    await settle(inbox, [delivered(taken)], now=NOW + timedelta(minutes=3))
    await inbox.accept(new("b", at=NOW + timedelta(minutes=4)))
    again = await take_one(inbox, at=NOW + timedelta(minutes=4))
    assert (again.attempts, again.failing_since) == (0, None)


@stored
async def test_new_events_do_not_shorten_a_back_off(inbox: Inbox) -> None:
    """They wait with the others and fold in."""
    await inbox.accept(new("a"))
    later = NOW + timedelta(hours=1)
    await settle(inbox, [SettledLane(await take_one(inbox), retry_at=later)], now=NOW)
    await asyncio.gather(*(inbox.accept(new(content, at=NOW + seconds(10))) for content in "bcd"))
    assert await take_ready(inbox, at=NOW + timedelta(minutes=59)) == []
    assert await next_due(inbox, NOW) == later
    assert bodies(await take_one(inbox, at=later)) == ["a", "b", "c", "d"]


@stored
async def test_an_attempt_that_does_not_count_is_given_back(inbox: Inbox) -> None:
    """`burn=False`: its connector is to blame.

    It neither counts nor starts the time after which the lane is given up.
    """
    await inbox.accept(new("a"))
    for _ in range(3):
        taken = await take_one(inbox)
        assert (taken.attempts, taken.failing_since) == (0, None)
        await settle(inbox, [SettledLane(taken, retry_at=NOW, burn=False)], now=NOW + seconds(1))
    await settle(inbox, [SettledLane(await take_one(inbox), retry_at=NOW)], now=NOW + seconds(2))
    taken = await take_one(inbox)
    await settle(inbox, [SettledLane(taken, retry_at=NOW, burn=False)], now=NOW + seconds(3))
    taken = await take_one(inbox)
    assert (taken.attempts, taken.failing_since) == (1, NOW + seconds(2))


@stored
async def test_a_dead_delivery_does_not_hold_up_the_rest(inbox: Inbox) -> None:
    """One is dead with its reason, the others are delivered, the lane rests."""
    kept = [await inbox.accept(new(content)) for content in "abc"]
    taken = await take_one(inbox)
    one, two, three = (pending.delivery_id for pending in taken.deliveries)
    report = await settle(
        inbox,
        [SettledLane(taken, delivered=(one, three), dead=((two, "INVALID_EMAIL: no\x00t one"),))],
        now=NOW,
    )
    assert (report.delivered, report.dead) == (2, 1)
    assert [await states(inbox, event.id) for event in kept] == [
        ["delivered"],
        ["dead"],
        ["delivered"],
    ]
    (row,) = (await inbox.find_event(kept[1].id)).deliveries
    assert (row.reason, row.lane_state) == ("INVALID_EMAIL: no\ufffdt one", "idle")


@stored
async def test_part_of_a_lane_can_be_settled(inbox: Inbox) -> None:
    """What is neither delivered nor dead stays pending: until the retry, or at once where none is
    named.
    """
    kept = [await inbox.accept(new(content)) for content in "abc"]
    taken = await take_one(inbox)
    later = NOW + timedelta(minutes=1)
    await settle(
        inbox,
        [SettledLane(taken, delivered=(taken.deliveries[0].delivery_id,), retry_at=later)],
        now=NOW,
    )
    assert [await states(inbox, event.id) for event in kept] == [
        ["delivered"],
        ["pending"],
        ["pending"],
    ]
    taken = await take_one(inbox, at=later)
    assert bodies(taken) == ["b", "c"]
    await settle(
        inbox, [SettledLane(taken, delivered=(taken.deliveries[0].delivery_id,))], now=later
    )
    assert bodies(await take_one(inbox, at=later)) == ["c"]


@stored
async def test_many_lanes_are_settled_at_once(inbox: Inbox) -> None:
    """Each as its own result says; those of which nothing is told stay as they are."""
    people = [f"learner{number:03}@example.edu" for number in range(90)]
    await asyncio.gather(*(inbox.accept(new(person, person)) for person in people))
    lanes = {one.person_key: one for one in await take_ready(inbox)}
    later = NOW + seconds(9)
    results = [
        *(delivered(lanes[one], attempt=attempt()) for one in people[:30]),
        *(
            SettledLane(lanes[one], retry_at=later, attempt=attempt("retry"))
            for one in people[30:60]
        ),
    ]
    report = await settle(inbox, results, now=NOW)
    assert (report.delivered, report.lost) == (30, False)
    assert sorted(one.person_key for one in await take_ready(inbox)) == people[60:]
    assert sorted(one.person_key for one in await take_ready(inbox, at=later)) == people[30:]


@stored
async def test_nothing_to_settle(inbox: Inbox) -> None:
    """An empty list is settled at once."""
    report = await settle(inbox, [], now=NOW)
    assert (report.delivered, report.dead, report.lost) == (0, 0, False)


@stored
async def test_a_lane_that_gets_on_counts_its_attempts_anew(inbox: Inbox) -> None:
    """What waits behind the first delivery is not put off for the troubles that this one had."""
    kept = [await inbox.accept(new(content)) for content in "ab"]
    for number in range(1, 4):
        taken = await take_one(inbox, at=NOW + seconds(number))
        await settle(inbox, [SettledLane(taken, retry_at=NOW)], now=NOW + seconds(number))
    taken = await take_one(inbox, at=NOW + seconds(5))
    assert (taken.attempts, taken.failing_since) == (3, NOW + seconds(1))
    first = taken.deliveries[0].delivery_id
    on = SettledLane(taken, delivered=(first,), retry_at=NOW)
    await settle(inbox, [on], now=NOW + seconds(5))
    taken = await take_one(inbox, at=NOW + seconds(6))
    assert [one.event_id for one in taken.deliveries] == [kept[1].id]
    assert (taken.attempts, taken.failing_since) == (1, NOW + seconds(5))


@stored
async def test_an_attempt_tells_its_story(inbox: Inbox) -> None:
    """Each delivery of a claim shows the attempts that it was part of, with what was sent and what
    came back.
    """
    first = await inbox.accept(new("a"))
    taken = await take_one(inbox)
    refused = attempt(
        "retry",
        code="LOCK",
        message="locked\x00",
        field="email",
        sent=[{"object": "contact", "f": "\ud800"}],
        notes=["cut"],
    )
    await settle(inbox, [SettledLane(taken, retry_at=NOW, attempt=refused)], now=NOW)
    second = await inbox.accept(new("b"))
    taken = await take_one(inbox)
    await settle(
        inbox, [delivered(taken, attempt=attempt(at=NOW + seconds(1)))], now=NOW + seconds(1)
    )
    (one,), (other,) = (
        (await inbox.find_event(first.id)).deliveries,
        (await inbox.find_event(second.id)).deliveries,
    )
    assert [made.outcome for made in one.attempts] == ["retry", "saved"]
    assert [made.outcome for made in other.attempts] == ["saved"]
    told = one.attempts[0]
    assert (told.code, told.message, told.field, told.notes) == (
        "LOCK",
        "locked\ufffd",
        "email",
        ["cut"],
    )
    assert (told.sent, told.started_at, told.duration_ms) == (
        [{"object": "contact", "f": "\ufffd"}],
        NOW,
        80,
    )


@stored
async def test_attempts_alike_in_a_row_are_one(inbox: Inbox) -> None:
    """How often, since when, and when the last began; another answer, or other deliveries, begin
    anew.
    """
    kept = await inbox.accept(new("a"))

    async def put_off(minute: int, **said: object) -> None:
        at = NOW + timedelta(minutes=minute)
        made = attempt("retry", at=at, sent=[{"minute": minute}], **said)
        lane = await take_one(inbox, at=at)
        await settle(inbox, [SettledLane(lane, retry_at=at + seconds(1), attempt=made)], now=at)

    for minute in range(3):
        await put_off(minute, code="LOCK", message="locked\x00")
    await put_off(3, code="LOCK", message="locked by another")
    await put_off(4)
    await put_off(5)
    await inbox.accept(new("b"))
    await put_off(6)
    lane = await take_one(inbox, at=NOW + timedelta(minutes=7))
    await settle(inbox, [delivered(lane, attempt=attempt())], now=NOW + timedelta(minutes=7))
    (row,) = (await inbox.find_event(kept.id)).deliveries
    begun = [NOW + timedelta(minutes=minute) for minute in range(7)]
    assert [(one.times, one.started_at, one.last_at) for one in row.attempts] == [
        (3, begun[0], begun[2]),
        (1, begun[3], begun[3]),
        (2, begun[4], begun[5]),
        (1, begun[6], begun[6]),
        (1, NOW, NOW),
    ]
    assert row.attempts[0].sent == [{"minute": 0}]


@stored
async def test_the_wait_of_a_retry_is_kept(inbox: Inbox) -> None:
    """However the clock is set later, the lane waits no longer; a retry in the past waits for
    nothing.
    """
    await inbox.accept(new("a"))
    await settle(inbox, [SettledLane(await take_one(inbox), retry_at=NOW + seconds(40))], now=NOW)
    back = NOW - timedelta(days=30)
    assert await inbox.correct_waits("crm", now=back) == 1
    assert await next_due(inbox, back) == back + seconds(40)
    lane = await take_one(inbox, at=NOW)
    await settle(inbox, [SettledLane(lane, retry_at=back)], now=NOW)
    assert await take_one(inbox, at=NOW)
