"""Calls that failed their schema: listed, judged anew, discarded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from receiver.inbox import EventFilter, Inbox, QuarantinedCall, Unknown
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
    take_one,
    take_ready,
)


@stored
async def test_calls_in_quarantine_are_listed(inbox: Inbox) -> None:
    """Oldest first, page by page, with the body, the name in the URL and the faults; nothing that
    was accepted.
    """
    kept = [
        (
            await inbox.accept(
                faulty(f"{number}", ("a", f"{number}"), at=NOW + seconds(number), named=None)
            )
        ).id
        for number in range(5)
    ]
    await inbox.accept(new("good"))
    first = await inbox.list_quarantined(limit=3)
    assert first[0] == QuarantinedCall(kept[0], "springfield", None, b"0", NOW, (("a", "0"),))
    assert [one.id for one in first] == kept[:3]
    assert [one.id for one in await inbox.list_quarantined(after=first[-1].id, limit=3)] == kept[3:]
    assert await inbox.list_quarantined(after=kept[-1]) == []


@stored
async def test_a_call_that_passes_takes_its_place(inbox: Inbox) -> None:
    """It keeps its id, body and time, is named and counted, and gets deliveries: before those of
    later events.
    """
    call = faulty("call", name=None, how=None)
    id = (await inbox.accept(call)).id
    await inbox.accept(new("later", at=NOW + seconds(5)))
    validated = new("call judged", ANN, BEN, unknown=("vip",), how="shape")
    kept = await inbox.accept_revalidated(id, validated, now=NOW)
    assert kept
    assert (kept.id, kept.duplicate, kept.deliveries) == (id, False, 2)
    found = await inbox.find_event(id)
    assert (found.state, found.body, found.received_at, found.name, found.how) == (
        "accepted",
        b"call",
        NOW,
        "order.placed",
        "shape",
    )
    assert (found.faults, found.unknown, found.person, found.people) == ((), ("vip",), ANN, 2)
    assert [(one.path, one.count) for one in await inbox.list_drift()] == [("vip", 1)]
    assert await states(inbox, id) == ["pending", "pending"]
    lanes = {one.person_key: bodies(one) for one in await take_ready(inbox, at=NOW + seconds(5))}
    assert lanes == {ANN: ["call", "later"], BEN: ["call"]}
    assert await inbox.list_quarantined() == []


@stored
async def test_repeating_a_call_that_passed_is_a_duplicate(inbox: Inbox) -> None:
    """It is known by its new content."""
    id = (await inbox.accept(faulty("call"))).id
    await inbox.accept_revalidated(id, new("judged"), now=NOW)
    repeated = await inbox.accept(new("judged"))
    assert (repeated.duplicate, repeated.id) == (True, id)


@stored
async def test_a_call_that_was_accepted_meanwhile_is_a_duplicate(inbox: Inbox) -> None:
    """It is discarded, and the accepted one is not doubled; unless the window is over."""
    for hours, duplicate in ((1, True), (30, False)):
        id = (await inbox.accept(faulty(f"call {hours}", at=NOW + timedelta(hours=hours)))).id
        meanwhile = await inbox.accept(new(f"judged {hours}"))
        kept = await inbox.accept_revalidated(
            id, new(f"judged {hours}", at=NOW + timedelta(hours=hours)), now=NOW
        )
        assert kept
        assert (kept.duplicate, kept.id == meanwhile.id) == (duplicate, duplicate)
        assert (await inbox.find_event(id)).state == ("discarded" if duplicate else "accepted")


@stored
async def test_a_call_that_fails_again_stays(inbox: Inbox) -> None:
    """Its faults are renewed."""
    call = faulty("call", ("a", "old"))
    id = (await inbox.accept(call)).id
    assert (
        await inbox.accept_revalidated(
            id, replace(call, name="quiz.submitted", faults=(("b", "new"),)), now=NOW
        )
        is None
    )
    (found,) = await inbox.list_quarantined()
    assert (found.id, found.faults) == (id, (("b", "new"),))
    assert (await inbox.find_event(id)).name == "quiz.submitted"
    assert (await inbox.accept(call)).duplicate


@stored
async def test_only_what_is_in_quarantine_can_be_judged_anew(inbox: Inbox) -> None:
    """An accepted event, a discarded call and an unknown id are refused by name."""
    accepted = (await inbox.accept(new("good"))).id
    discarded = (await inbox.accept(faulty("call"))).id
    assert await inbox.discard_quarantined([discarded, accepted, "0" * 32]) == 1
    for id in (accepted, discarded, "0" * 32):
        with pytest.raises(Unknown, match=id):
            await inbox.accept_revalidated(id, new("judged"), now=NOW)
    assert (await inbox.find_event(accepted)).state == "accepted"
    assert bodies(await take_one(inbox)) == ["good"]


@stored
async def test_a_discarded_call_is_out_of_the_way(inbox: Inbox) -> None:
    """It no longer needs attention, and is found among what was discarded."""
    id = (await inbox.accept(faulty("call"))).id
    await inbox.discard_quarantined([id])
    assert (await inbox.read_status(now=NOW)).quarantined == 0
    assert await inbox.list_quarantined() == []
    assert [row.id for row in (await inbox.list_events(EventFilter(state="discarded"))).items] == [
        id
    ]
    assert (await inbox.list_events(EventFilter(state="quarantined"))).items == ()


@stored
async def test_what_came_later_is_delivered_again_after_it(inbox: Inbox) -> None:
    """An order that was in quarantine while its refund was delivered does not end as an order, also
    where the lane is leased meanwhile.
    """
    order = await inbox.accept(faulty("order"))
    refund = await inbox.accept(new("refund", at=NOW + seconds(5)))
    await settle(inbox, [delivered(await take_one(inbox, at=NOW + seconds(6)))], now=NOW)
    await inbox.accept_revalidated(order.id, new("order judged"), now=NOW)
    assert await states(inbox, refund.id) == ["pending"]
    taken = await take_one(inbox, at=NOW + seconds(7))
    assert bodies(taken) == ["order", "refund"]
    another = await inbox.accept(faulty("another", at=NOW + seconds(1)))
    await inbox.accept_revalidated(another.id, new("another judged", at=NOW + seconds(1)), now=NOW)
    await settle(inbox, [delivered(taken)], now=NOW + seconds(8))
    assert bodies(await take_one(inbox, at=NOW + seconds(9)))[-2:] == ["another", "refund"]


@stored
async def test_a_late_call_that_passes_waits_behind_what_comes_live(inbox: Inbox) -> None:
    """However long ago it happened, and though it has been in quarantine for long; its age is that
    since it came.
    """
    id = (await inbox.accept(faulty("old", at=NOW - timedelta(days=365), late_at=NOW))).id
    await inbox.accept(new("live", BEN, at=NOW + seconds(50)))
    await inbox.accept_revalidated(
        id, new("old judged", ANN, at=NOW - timedelta(days=365)), now=NOW + seconds(60)
    )
    first, second = await take_ready(inbox, at=NOW + seconds(60))
    assert (bodies(first), bodies(second)) == (["live"], ["old"])
    assert (await inbox.read_status(now=NOW + seconds(70))).oldest_pending_seconds == pytest.approx(
        70, abs=0.01
    )


@stored
async def test_a_call_is_a_duplicate_only_of_what_is_near(inbox: Inbox) -> None:
    """The same content, accepted days later than the call came, is another event."""
    id = (await inbox.accept(faulty("call"))).id
    later = await inbox.accept(new("judged", at=NOW + timedelta(days=9)))
    kept = await inbox.accept_revalidated(id, new("judged"), now=NOW + timedelta(days=10))
    assert kept
    assert (kept.id, kept.duplicate) == (id, False)
    assert bodies(await take_one(inbox, at=NOW + timedelta(days=11))) == ["call", "judged"]
    assert (await inbox.accept(new("judged", at=NOW + timedelta(days=9, hours=1)))).id == later.id


@stored
async def test_a_discarded_call_is_taken_back_only_where_that_is_meant(inbox: Inbox) -> None:
    """With faults still it stays discarded; one that was accepted and whose deliveries were
    discarded is none of these.
    """
    id, accepted = (
        (await inbox.accept(faulty("call"))).id,
        (await inbox.accept(new("accepted", ANN))).id,
    )
    await inbox.discard_quarantined([id])
    for other, discarded in ((id, False), (accepted, True)):
        with pytest.raises(Unknown):
            await inbox.accept_revalidated(other, new("judged"), now=NOW, discarded=discarded)
    assert (
        await inbox.accept_revalidated(id, faulty("call", ("b", "new")), now=NOW, discarded=True)
        is None
    )
    assert ((await inbox.find_event(id)).state, (await inbox.find_event(id)).faults) == (
        "discarded",
        (("b", "new"),),
    )
    assert await inbox.accept_revalidated(id, new("judged", BEN), now=NOW, discarded=True)
    assert ((await inbox.find_event(id)).state, await states(inbox, id)) == (
        "accepted",
        ["pending"],
    )
