"""Whoever has lost the lead of a connector settles nothing, on both databases."""

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
