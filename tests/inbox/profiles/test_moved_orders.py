"""Who loses an order to another person is written anew, by their own deliveries."""

from __future__ import annotations

from receiver.inbox import Inbox, SettledLane
from tests.inbox.profiles.known import count, order
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    bodies,
    delivered,
    new,
    settle,
    states,
    stored,
    take_ready,
)


async def tell(inbox: Inbox, content: str, person: str, order_id: str = "7") -> str:
    """Accept, count and deliver an event that tells an order; returns its id."""
    id = (await inbox.accept(new(content, person, to_count=True))).id
    await count(inbox, order(order_id, id), person=person)
    return id


async def deliver(inbox: Inbox) -> list[str]:
    """Deliver what is ready; returns the bodies."""
    lanes = await take_ready(inbox)
    await settle(inbox, [delivered(one) for one in lanes], now=NOW)
    return [body for one in lanes for body in bodies(one)]


@stored
async def test_who_loses_an_order_is_delivered_again(inbox: Inbox) -> None:
    """All of theirs since they had it: what they did before is left alone."""
    before = await tell(inbox, "before", ANN, "6")
    lost = await tell(inbox, "lost", ANN)
    after = await tell(inbox, "after", ANN, "8")
    assert await deliver(inbox) == ["before", "lost", "after"]
    await tell(inbox, "found", BEN)
    assert [await states(inbox, id) for id in (before, lost, after)] == [
        ["delivered"],
        ["pending"],
        ["pending"],
    ]
    assert sorted(await deliver(inbox)) == ["after", "found", "lost"]


async def join(inbox: Inbox) -> list[str]:
    """Let Ann's address become Ben's; returns the bodies that say so."""
    told = [f"account {address}" for address in (ANN, BEN)]
    for body, address in zip(told, (ANN, BEN), strict=True):
        await inbox.accept(new(body, address, account_ids={address: "5"}, tells_addresses=True))
    return told


@stored
async def test_somebody_of_several_keys_is_delivered_again_by_each(inbox: Inbox) -> None:
    """The sums that the CRM has were written by what came after the addresses were joined, and the
    order is of before.
    """
    await tell(inbox, "lost", BEN)
    joined = await join(inbox)
    await deliver(inbox)
    await tell(inbox, "found", "cyd@example.edu")
    assert sorted(await deliver(inbox)) == [*joined, "found", "lost"]


@stored
async def test_among_the_keys_of_one_person_no_order_moves(inbox: Inbox) -> None:
    """It stays theirs, whichever address it comes with."""
    await tell(inbox, "before", BEN)
    await join(inbox)
    await deliver(inbox)
    await tell(inbox, "after", ANN)
    assert await deliver(inbox) == ["after"]


@stored
async def test_an_order_that_stays_delivers_nothing_again(inbox: Inbox) -> None:
    """Neither a newer state of the same person's order, nor an older one of another person's that
    comes late.
    """
    await inbox.accept(new("late", BEN, to_count=True))
    (late,) = [one.event_id for one in await inbox.list_uncounted()]
    await count(inbox, order("6", late), person=BEN)
    await tell(inbox, "first", ANN)
    await deliver(inbox)
    await inbox.accept(new("old", BEN, to_count=True))
    await count(inbox, order("7", late), person=BEN)
    await tell(inbox, "second", ANN)
    assert sorted(await deliver(inbox)) == ["old", "second"]


@stored
async def test_what_was_refused_is_left_alone(inbox: Inbox) -> None:
    """A dead letter is tried again by people, not because an order moves."""
    lost = await tell(inbox, "lost", ANN)
    (lane,) = await take_ready(inbox)
    dead = ((lane.deliveries[0].delivery_id, "no"),)
    await settle(inbox, [SettledLane(lane, dead=dead)], now=NOW)
    await tell(inbox, "found", BEN)
    assert await states(inbox, lost) == ["dead"]
    assert await deliver(inbox) == ["found"]
