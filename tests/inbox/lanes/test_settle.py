"""Settling: what came of lanes, told by whoever leads, and by whoever led before."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta

from receiver.inbox import DeliverySelection, Inbox, SettledLane, role_of
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.lanes.field_versions import FieldVersion
from receiver.inbox.operation.leadership import is_current
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    attempt,
    bodies,
    delivered,
    new,
    next_due,
    open_inbox,
    remote,
    rows,
    seconds,
    settle,
    states,
    stored,
    take_lead,
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
async def test_an_old_epoch_counts_for_nothing(inbox: Inbox) -> None:
    """Neither for deliveries, nor for the lane, nor for attempts, nor for what the CRM holds."""
    kept = await inbox.accept(new("a"))
    lane = await take_one(inbox)
    old = await take_lead(inbox)
    current = await take_lead(inbox)
    records = [remote("contact", ANN, "7", lane)]
    for late in (
        delivered(lane, attempt=attempt()),
        SettledLane(lane, dead=((lane.deliveries[0].delivery_id, "no"),)),
        SettledLane(lane, retry_at=NOW + timedelta(days=9)),
    ):
        report = await settle(inbox, [late], records=records, epoch=old, now=NOW)
        assert (report.delivered, report.dead, report.lost) == (0, 0, True)
    (row,) = (await inbox.find_event(kept.id)).deliveries
    assert (row.state, row.lane_state, row.due_at, row.attempts) == ("pending", "ready", NOW, ())
    assert await inbox.find_record_states("crm", [("contact", ANN)]) == {}
    report = await settle(inbox, [delivered(lane)], epoch=current, now=NOW)
    assert (report.delivered, report.lost) == (1, False)


@stored
async def test_the_epoch_of_another_connector_counts_for_nothing(inbox: Inbox) -> None:
    """Each has its own leader; and an epoch that never was is no leader's."""
    await inbox.accept(new("a"))
    lane = await take_one(inbox)
    for _ in range(2):
        other = await take_lead(inbox, connector="other")
    assert (await settle(inbox, [delivered(lane)], epoch=other, now=NOW)).lost
    await take_lead(inbox)
    assert (await settle(inbox, [delivered(lane)], epoch=other, now=NOW)).lost


@stored
async def test_what_an_old_epoch_wrote_is_written_again(inbox: Inbox) -> None:
    """Its deliveries and all later ones of the lane: it may have written over what came later."""
    before, old, newest = [await inbox.accept(new(one)) for one in ("before", "old", "new")]
    ben = await inbox.accept(new("ben", BEN))
    await settle(inbox, [delivered(one) for one in await take_ready(inbox)], now=NOW)
    await inbox.replay_deliveries(DeliverySelection(events=(old.id,)), now=NOW)
    lane = await take_one(inbox)
    epoch = await take_lead(inbox)
    await settle(inbox, [delivered(await take_one(inbox))], now=NOW)
    assert await take_ready(inbox) == []
    late = delivered(lane, touched=(("contact", ANN),))
    assert (await settle(inbox, [late], epoch=epoch, now=NOW + seconds(1))).lost
    found = [await states(inbox, one.id) for one in (before, old, newest, ben)]
    assert found == [["delivered"], ["pending"], ["pending"], ["delivered"]]
    assert bodies(await take_one(inbox, at=NOW + seconds(1))) == ["old", "new"]


@stored
async def test_what_may_have_been_written_counts_as_written(inbox: Inbox) -> None:
    """A call without an answer as much as one with it; a lane of which nothing was sent is left."""
    kept = [await inbox.accept(new(person, person)) for person in (ANN, BEN)]
    ann, ben = sorted(await take_ready(inbox), key=lambda one: one.person_key)
    epoch = await take_lead(inbox)
    await settle(inbox, [delivered(one) for one in await take_ready(inbox)], now=NOW)
    later = NOW + timedelta(days=9)
    unsent = SettledLane(ben, retry_at=later)
    unanswered = SettledLane(ann, retry_at=later, touched=(("contact", ANN),))
    await settle(inbox, [unanswered, unsent], epoch=epoch, now=NOW)
    assert [await states(inbox, one.id) for one in kept] == [["pending"], ["delivered"]]
    assert await next_due(inbox, NOW) == NOW


@stored
async def test_whoever_set_a_field_since_sets_it_again(inbox: Inbox) -> None:
    """A stale write of one lane came on top of another's newer one: both are delivered again.

    Of the other lane from the event on that set the field; what it did before stays delivered.
    """
    stale = await inbox.accept(new("order", ANN))
    ann = await take_one(inbox)
    epoch = await take_lead(inbox)
    before = await inbox.accept(new("profile", BEN))
    newest = await inbox.accept(new("refund", BEN, at=NOW + seconds(1)))
    later = await inbox.accept(new("quiz", BEN, at=NOW + seconds(2)))
    other = await inbox.accept(new("another deal", "cleo@example.edu"))
    at = NOW + seconds(3)
    lanes = {one.person_key: one for one in await take_ready(inbox, at=at)}
    mine = FieldVersion(stale.id, lanes[ANN].lane_id)
    stage = FieldVersion(newest.id, lanes[BEN].lane_id)
    deal = replace(remote("deal", "o-1", "8", lanes[BEN]), stamps={"name": mine, "stage": stage})
    records = [deal, remote("deal", "o-2", "9", lanes["cleo@example.edu"])]
    done = [delivered(one) for one in lanes.values()]
    await settle(inbox, done, records=records, now=at)
    late = delivered(ann, touched=(("deal", "o-1"), ("deal", "unknown")))
    assert (await settle(inbox, [late], epoch=epoch, now=at)).lost
    events = (stale, before, newest, later, other)
    found = [(await states(inbox, one.id))[0] for one in events]
    assert found == ["pending", "delivered", "pending", "pending", "delivered"]
    again = {one.person_key: bodies(one) for one in await take_ready(inbox, at=at)}
    assert again == {ANN: ["order"], BEN: ["refund", "quiz"]}


@stored
async def test_a_record_of_very_many_events_is_written_again(inbox: Inbox) -> None:
    """Of a lane whose events each set a field, all are delivered again, from the first of them
    on.
    """
    events = [await inbox.accept(new("stale", ANN)), await inbox.accept(new("first", BEN))]
    later = (new(f"{number}", BEN) for number in range(600))
    events += await asyncio.gather(*(inbox.accept(one) for one in later))
    epoch = await take_lead(inbox)
    lanes = {one.person_key: one for one in await take_ready(inbox)}
    while left := await take_ready(inbox):
        await settle(inbox, [delivered(one) for one in left], now=NOW)
    ben = lanes[BEN]
    stamps = {f"f{n}": FieldVersion(one.id, ben.lane_id) for n, one in enumerate(events[2:])}
    shared = replace(remote("deal", "o-1", "8", ben), stamps=stamps)
    await settle(inbox, [], records=[shared], now=NOW)
    late = delivered(lanes[ANN], touched=(("deal", "o-1"),))
    await settle(inbox, [late], epoch=epoch, now=NOW)
    assert (await inbox.read_status(now=NOW)).pending == 601
    assert await states(inbox, events[1].id) == ["delivered"]


@stored
async def test_an_old_epoch_brings_no_erased_person_back(inbox: Inbox) -> None:
    """The lane that it wrote is gone; the others that share its records are delivered again."""
    await inbox.accept(new("order", ANN))
    ann = await take_one(inbox)
    epoch = await take_lead(inbox)
    refund = await inbox.accept(new("refund", BEN))
    (ben,) = [one for one in await take_ready(inbox) if one.person_key == BEN]
    await settle(inbox, [delivered(ben)], records=[remote("deal", "o-1", "8", ben)], now=NOW)
    await inbox.erase_person(ANN)
    late = delivered(ann, touched=(("deal", "o-1"),))
    assert (await settle(inbox, [late], epoch=epoch, now=NOW)).lost
    assert await states(inbox, refund.id) == ["pending"]
    assert (await inbox.find_person(ANN)).lanes == ()


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


def test_nobody_takes_over_while_something_is_settled(postgresql_url: str) -> None:
    """Whoever would lead next has to come again once what was told under the old epoch is
    committed.
    """

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as other:
            epoch = await take_lead(one)
            go_on = threading.Event()

            def hold(transaction: Transaction) -> bool:
                current = is_current(transaction, role_of("crm"), epoch)
                go_on.wait(60)
                return current

            # within its transaction
            settling = asyncio.create_task(one._deliver(hold))  # noqa: SLF001
            try:
                await _until(postgresql_url, "mode = 'RowShareLock'")
                assert (
                    await other.take_lead(role_of("crm"), holder="b", lease=seconds(6), now=NOW)
                    is None
                )
            finally:
                go_on.set()
            assert await settling
            assert await take_lead(other) == epoch + 1

    asyncio.run(main())


async def _until(url: str, locks: str) -> None:
    """Wait until there are such locks."""
    query = f"SELECT count(*) AS number FROM pg_locks WHERE {locks}"
    while not (await asyncio.to_thread(rows, url, query))[0].number:
        await asyncio.sleep(0.01)
