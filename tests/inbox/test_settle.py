"""Settling: what came of a claim, and what happens to results that come too late."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from receiver.inbox import Inbox, RemoteRow, Selection, Settled
from receiver.inbox.stamps import OTHERS, Stamp
from tests.inbox.store import (
    ANN,
    BEN,
    LEASE,
    NOW,
    attempt,
    bodies,
    claim,
    claim_one,
    delivered,
    new,
    open_inbox,
    remote,
    rows,
    seconds,
    states,
    stored,
)


@stored
async def test_delivered_is_done(inbox: Inbox) -> None:
    """The deliveries are delivered, the lane rests, and nothing is claimed again."""
    kept = [await inbox.accept(new(content)) for content in "ab"]
    report = await inbox.settle([delivered(await claim_one(inbox))], now=NOW + seconds(1))
    assert (report.delivered, report.dead, len(report.lost)) == (2, 0, 0)
    assert [await states(inbox, one.id) for one in kept] == [["delivered"], ["delivered"]]
    (row,) = (await inbox.event(kept[0].id)).deliveries
    assert (row.settled_at, row.lane_state, row.tries, row.failing_since) == (NOW + seconds(1), "idle", 0, None)
    assert await claim(inbox, at=NOW + timedelta(days=1)) == []


@stored
async def test_a_late_result_of_a_lost_lease_changes_nothing(inbox: Inbox) -> None:
    """Neither deliveries, nor the lane, nor attempts."""
    kept = await inbox.accept(new("a"))
    lost = await claim_one(inbox)
    current = await claim_one(inbox, at=NOW + LEASE)
    for late in (
        delivered(lost, attempt=attempt()),
        Settled(lost, dead=((lost.deliveries[0].delivery_id, "no"),)),
        Settled(lost, retry_at=NOW + timedelta(days=9)),
    ):
        report = await inbox.settle([late], now=NOW + LEASE)
        assert (report.delivered, report.dead, len(report.lost)) == (0, 0, 1)
    (row,) = (await inbox.event(kept.id)).deliveries
    assert (row.state, row.lane_state, row.due_at, row.attempts) == ("pending", "leased", NOW + 2 * LEASE, ())
    report = await inbox.settle([delivered(current)], now=NOW + LEASE)
    assert (report.delivered, len(report.lost)) == (1, 0)


@stored
async def test_what_a_lost_lease_has_written_is_written_again(inbox: Inbox) -> None:
    """It may have written over what came later: its deliveries and all later ones are delivered once more, whoever is at them now."""
    before, old, new_one = [await inbox.accept(new(content)) for content in ("before", "old", "new")]
    ben = await inbox.accept(new("ben", BEN))
    for state in ("while leased", "when done"):
        await inbox.settle([delivered(one) for one in await claim(inbox, at=NOW)], now=NOW)
        await inbox.replay(Selection(events=(old.id,)), now=NOW)
        lost = await claim_one(inbox)
        current = await claim_one(inbox, at=NOW + LEASE)
        assert bodies(lost) == bodies(current) == ["old", "new"]
        late = delivered(lost, remotes=(remote("contact", ANN, "7", lost),))
        if state == "while leased":
            report = await inbox.settle([late], now=NOW + LEASE)
            assert (report.delivered, report.lost) == (0, frozenset({lost.lane_id}))
        await inbox.settle([delivered(current)], now=NOW + LEASE)
        if state == "when done":
            await inbox.settle([late], now=NOW + LEASE)
        assert [await states(inbox, one.id) for one in (before, old, new_one, ben)] == [
            ["delivered"],
            ["pending"],
            ["pending"],
            ["delivered"],
        ]
        again = await claim_one(inbox, at=NOW + LEASE)
        assert bodies(again) == ["old", "new"]
        assert (await inbox.remotes("crm", [("contact", ANN)]))["contact", ANN].id == "7"
        await inbox.settle([delivered(again)], now=NOW + LEASE)
        assert await claim(inbox, at=NOW + 9 * LEASE) == []


@stored
async def test_what_may_have_been_written_under_a_lost_lease_is_written_again(inbox: Inbox) -> None:
    """A call without an answer counts as much as one with it."""
    kept = await inbox.accept(new("a"))
    lost = await claim_one(inbox)
    await inbox.settle([delivered(await claim_one(inbox, at=NOW + LEASE))], now=NOW + LEASE)
    await inbox.settle([Settled(lost, retry_at=NOW + timedelta(days=9), doubtful=True)], now=NOW + LEASE)
    assert await states(inbox, kept.id) == ["pending"]
    assert await inbox.next_due("crm", NOW) == NOW + LEASE


@stored
async def test_a_write_told_late_is_what_the_crm_may_hold(inbox: Inbox) -> None:
    """It may have been carried out last, until the newest is written again; the id is that of the last write."""
    await inbox.accept(new("old"))
    lost = await claim_one(inbox)
    newest = await inbox.accept(new("new"))
    current = await claim_one(inbox, at=NOW + LEASE)
    row, late = (
        replace(remote("contact", ANN, id, one), stamps={"name": Stamp(one.deliveries[-1].event_id, one.lane_id)})
        for id, one in (("7", current), ("merged", lost))
    )
    await inbox.settle([delivered(current, remotes=(row,))], now=NOW + LEASE)
    await inbox.settle([delivered(lost, remotes=(late,))], now=NOW + LEASE)
    known = (await inbox.remotes("crm", [("contact", ANN)]))["contact", ANN]
    assert (known.id, known.event_id, known.stamps["name"]) == ("merged", newest.id, late.stamps["name"])
    again = await claim_one(inbox, at=NOW + LEASE)
    assert bodies(again) == ["old", "new"]
    await inbox.settle([delivered(again, remotes=(replace(row, based_on=known.version),))], now=NOW + LEASE)
    known = (await inbox.remotes("crm", [("contact", ANN)]))["contact", ANN]
    assert (known.event_id, known.stamps["name"].event_id) == (newest.id, newest.id)
    assert await claim(inbox, at=NOW + 9 * LEASE) == []


@stored
async def test_it_is_remembered_which_event_set_which_field(inbox: Inbox) -> None:
    """With its lane, whatever the names."""
    await inbox.accept(new("a"))
    claimed = await claim_one(inbox)
    stamps = {name: Stamp(f"event of {name[:1]}", len(name)) for name in ("stage", "state", "namé\x00", "*x")}
    remotes = (replace(remote("deal", "o-1", "8", claimed), stamps=stamps), replace(remote("deal", "o-2", "9", claimed), stamps={}))
    await inbox.settle([delivered(claimed, remotes=remotes)], now=NOW)
    found = await inbox.remotes("crm", [("deal", "o-1"), ("deal", "o-2")])
    assert [found[ref].stamps for ref in (("deal", "o-1"), ("deal", "o-2"))] == [stamps, {}]


def test_where_nobody_told_which_field_was_set_the_newest_event_counts_for_all(store_url: str) -> None:
    """As earlier versions kept it."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            await inbox.accept(new("a"))
            claimed = await claim_one(inbox)
            await inbox.settle([delivered(claimed, remotes=(remote("contact", ANN, "7", claimed),))], now=NOW)
            rows(store_url, "UPDATE remote SET stamps = NULL")
            known = (await inbox.remotes("crm", [("contact", ANN)]))["contact", ANN]
            assert known.stamps == {OTHERS: Stamp(claimed.deliveries[-1].event_id, claimed.lane_id)}

    asyncio.run(main())


@stored
async def test_settling_twice_is_settling_once(inbox: Inbox) -> None:
    """A result that is handed in again finds its lease gone."""
    await inbox.accept(new("a"))
    result = delivered(await claim_one(inbox), attempt=attempt())
    assert (await inbox.settle([result], now=NOW)).delivered == 1
    report = await inbox.settle([result], now=NOW)
    assert (report.delivered, len(report.lost)) == (0, 1)


@stored
async def test_an_event_that_comes_during_a_lease_is_not_stranded(inbox: Inbox) -> None:
    """Its lane is ready as soon as the lease is settled."""
    await inbox.accept(new("a"))
    first = await claim_one(inbox)
    late = await inbox.accept(new("b"))
    await inbox.settle([delivered(first)], now=NOW + seconds(1))
    assert await states(inbox, late.id) == ["pending"]
    assert await inbox.next_due("crm", NOW) == NOW + seconds(1)
    assert bodies(await claim_one(inbox, at=NOW + seconds(1))) == ["b"]


@stored
async def test_accepting_and_settling_at_once_strands_nothing(inbox: Inbox) -> None:
    """200 times an event comes at the very moment its lane is settled: each time it is delivered afterwards."""
    await inbox.accept(new("start"))
    for number in range(200):
        claimed = await claim_one(inbox)
        await asyncio.gather(inbox.settle([delivered(claimed)], now=NOW), inbox.accept(new(f"{number}")))
        assert await inbox.next_due("crm", NOW) == NOW
    assert bodies(await claim_one(inbox)) == ["199"]


@stored
async def test_a_retry_waits_for_its_time(inbox: Inbox) -> None:
    """The lane is due at that time, keeps what is pending, and counts the attempt and since when it fails."""
    await inbox.accept(new("a"))
    for number in range(3):
        at = NOW + timedelta(minutes=number)
        claimed = await claim_one(inbox, at=at)
        assert (claimed.attempts, claimed.failing_since) == (number, None if number == 0 else NOW + seconds(5))
        later = at + timedelta(minutes=1)
        await inbox.settle([Settled(claimed, retry_at=later, attempt=attempt("retry"))], now=at + seconds(5))
        assert await inbox.next_due("crm", at) == later
        assert await claim(inbox, at=later - timedelta(microseconds=1)) == []
    claimed = await claim_one(inbox, at=NOW + timedelta(minutes=3))
    await inbox.settle([delivered(claimed)], now=NOW + timedelta(minutes=3))
    await inbox.accept(new("b", at=NOW + timedelta(minutes=4)))
    again = await claim_one(inbox, at=NOW + timedelta(minutes=4))
    assert (again.attempts, again.failing_since) == (0, None)


@stored
async def test_new_events_do_not_shorten_a_back_off(inbox: Inbox) -> None:
    """They wait with the others and fold in."""
    await inbox.accept(new("a"))
    later = NOW + timedelta(hours=1)
    await inbox.settle([Settled(await claim_one(inbox), retry_at=later)], now=NOW)
    await asyncio.gather(*(inbox.accept(new(content, at=NOW + seconds(10))) for content in "bcd"))
    assert await claim(inbox, at=NOW + timedelta(minutes=59)) == []
    assert await inbox.next_due("crm", NOW) == later
    assert bodies(await claim_one(inbox, at=later)) == ["a", "b", "c", "d"]


@stored
async def test_an_attempt_that_does_not_count_is_given_back(inbox: Inbox) -> None:
    """`burn=False`: throttled, paused or released. It neither counts nor starts the time after which the lane is given up."""
    await inbox.accept(new("a"))
    for _ in range(3):
        claimed = await claim_one(inbox)
        assert (claimed.attempts, claimed.failing_since) == (0, None)
        await inbox.settle([Settled(claimed, retry_at=NOW, burn=False)], now=NOW + seconds(1))
    await inbox.settle([Settled(await claim_one(inbox), retry_at=NOW)], now=NOW + seconds(2))
    claimed = await claim_one(inbox)
    await inbox.settle([Settled(claimed, retry_at=NOW, burn=False)], now=NOW + seconds(3))
    claimed = await claim_one(inbox)
    assert (claimed.attempts, claimed.failing_since) == (1, NOW + seconds(2))


@stored
async def test_a_dead_delivery_does_not_hold_up_the_rest(inbox: Inbox) -> None:
    """One is dead with its reason, the others are delivered, the lane rests."""
    kept = [await inbox.accept(new(content)) for content in "abc"]
    claimed = await claim_one(inbox)
    one, two, three = (pending.delivery_id for pending in claimed.deliveries)
    report = await inbox.settle([Settled(claimed, delivered=(one, three), dead=((two, "INVALID_EMAIL: no\x00t one"),))], now=NOW)
    assert (report.delivered, report.dead) == (2, 1)
    assert [await states(inbox, event.id) for event in kept] == [["delivered"], ["dead"], ["delivered"]]
    (row,) = (await inbox.event(kept[1].id)).deliveries
    assert (row.reason, row.lane_state) == ("INVALID_EMAIL: no\ufffdt one", "idle")


@stored
async def test_part_of_a_claim_can_be_settled(inbox: Inbox) -> None:
    """What is neither delivered nor dead stays pending: until the retry, or at once where none is named."""
    kept = [await inbox.accept(new(content)) for content in "abc"]
    claimed = await claim_one(inbox)
    later = NOW + timedelta(minutes=1)
    await inbox.settle([Settled(claimed, delivered=(claimed.deliveries[0].delivery_id,), retry_at=later)], now=NOW)
    assert [await states(inbox, event.id) for event in kept] == [["delivered"], ["pending"], ["pending"]]
    claimed = await claim_one(inbox, at=later)
    assert bodies(claimed) == ["b", "c"]
    await inbox.settle([Settled(claimed, delivered=(claimed.deliveries[0].delivery_id,))], now=later)
    assert bodies(await claim_one(inbox, at=later)) == ["c"]


@stored
async def test_many_lanes_are_settled_at_once(inbox: Inbox) -> None:
    """Each as its own result says, lost ones among them."""
    people = [f"learner{number:03}@example.edu" for number in range(90)]
    await asyncio.gather(*(inbox.accept(new(person, person)) for person in people))
    claims = {one.person_key: one for one in await claim(inbox)}
    lost = [claims[person] for person in people[60:]]
    await inbox.settle([Settled(one, retry_at=NOW, burn=False) for one in lost], now=NOW)
    results = [
        *(delivered(claims[person], attempt=attempt()) for person in people[:30]),
        *(Settled(claims[person], retry_at=NOW + seconds(9), attempt=attempt("retry")) for person in people[30:60]),
        *(delivered(one) for one in lost),
    ]
    report = await inbox.settle(results, now=NOW)
    assert (report.delivered, len(report.lost)) == (30, 30)
    assert sorted(one.person_key for one in await claim(inbox)) == people[60:]
    assert sorted(one.person_key for one in await claim(inbox, at=NOW + seconds(9))) == people[30:60]


@stored
async def test_nothing_to_settle(inbox: Inbox) -> None:
    """An empty list is settled at once."""
    report = await inbox.settle([], now=NOW)
    assert (report.delivered, report.dead, len(report.lost)) == (0, 0, 0)


@stored
async def test_remotes_are_remembered(inbox: Inbox) -> None:
    """The CRM's id and the links per connector, object and key; later writes renew the id and add links."""
    await inbox.accept(new("a"))
    first = await claim_one(inbox)
    remotes = (remote("contact", ANN, "7", first), remote("deal", "o-1", "8", first, "contact/7"))
    await inbox.settle([delivered(first, remotes=remotes)], now=NOW)
    later = await inbox.accept(new("b"))
    second = await claim_one(inbox)
    renewed = replace(remote("deal", "o-1", "9", second, "contact/7", "company/5"), mark="what was written\x00")
    await inbox.settle([delivered(second, remotes=(renewed,))], now=NOW)
    found = await inbox.remotes("crm", [("deal", "o-1"), ("contact", ANN), ("contact", BEN), ("deal", ANN)])
    assert {ref: (one.id, one.links) for ref, one in found.items()} == {
        ("deal", "o-1"): ("9", frozenset({"contact/7", "company/5"})),
        ("contact", ANN): ("7", frozenset()),
    }
    assert (found["deal", "o-1"].mark, found["contact", ANN].mark) == ("what was written\ufffd", None)
    assert (found["deal", "o-1"].lane_id, found["deal", "o-1"].event_id) == (second.lane_id, later.id)
    assert await inbox.remotes("other", [("contact", ANN)]) == {}
    assert await inbox.remotes("crm", []) == {}


@stored
async def test_hostile_remotes_are_harmless(inbox: Inbox) -> None:
    """NUL characters are replaced; a key too long for an index is not remembered; the rest of the results stands."""
    await inbox.accept(new("a"))
    claimed = await claim_one(inbox)
    event_id = claimed.deliveries[0].event_id
    remotes = (
        RemoteRow("contact", "n\x00l", "i\x00d", event_id, ("l\x00nk", "x" * 5000)),
        RemoteRow("contact", "ж" * 5000, "1", event_id),
        RemoteRow("contact", "ж" * 790, "2", event_id, ("ж" * 800,)),
    )
    report = await inbox.settle([delivered(claimed, remotes=remotes)], now=NOW)
    assert report.delivered == 1
    found = await inbox.remotes("crm", [("contact", "n\ufffdl"), ("contact", "ж" * 5000), ("contact", "ж" * 790)])
    assert {ref[1][:2]: one.id for ref, one in found.items()} == {"n\ufffd": "i\ufffdd", "жж": "2"}


@stored
async def test_an_attempt_tells_its_story(inbox: Inbox) -> None:
    """Each delivery of a claim shows the attempts that it was part of, with what was sent and what came back."""
    first = await inbox.accept(new("a"))
    claimed = await claim_one(inbox)
    refused = attempt("retry", code="LOCK", message="locked\x00", field="email", sent=[{"object": "contact", "f": "\ud800"}], notes=["cut"])
    await inbox.settle([Settled(claimed, retry_at=NOW, attempt=refused)], now=NOW)
    second = await inbox.accept(new("b"))
    claimed = await claim_one(inbox)
    await inbox.settle([delivered(claimed, attempt=attempt(at=NOW + seconds(1)))], now=NOW + seconds(1))
    (one,), (other,) = (await inbox.event(first.id)).deliveries, (await inbox.event(second.id)).deliveries
    assert [made.outcome for made in one.attempts] == ["retry", "saved"]
    assert [made.outcome for made in other.attempts] == ["saved"]
    told = one.attempts[0]
    assert (told.code, told.message, told.field, told.notes) == ("LOCK", "locked\ufffd", "email", ["cut"])
    assert (told.sent, told.started_at, told.duration_ms) == ([{"object": "contact", "f": "\ufffd"}], NOW, 80)


@stored
async def test_what_was_written_is_known_before_its_lane_is_settled(inbox: Inbox) -> None:
    """Between the calls of a batch, for other lanes that share the record; the lease goes on, and settling repeats it without harm."""
    await inbox.accept(new("a"))
    claimed = await claim_one(inbox)
    deal = remote("deal", "o-1", "8", claimed, "contact/7")
    await inbox.remember([(claimed, remote("contact", ANN, "7", claimed)), (claimed, deal)], now=NOW)
    found = await inbox.remotes("crm", [("contact", ANN), ("deal", "o-1")])
    assert {ref: (one.id, one.links) for ref, one in found.items()} == {
        ("contact", ANN): ("7", frozenset()),
        ("deal", "o-1"): ("8", frozenset({"contact/7"})),
    }
    assert await claim(inbox) == []
    assert (await inbox.settle([delivered(claimed, remotes=(deal,))], now=NOW)).delivered == 1
    await inbox.remember([], now=NOW)
