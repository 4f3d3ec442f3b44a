"""What a filter chooses: each condition narrows, alone as with others, whether events are looked at
or deliveries acted on.
"""

from __future__ import annotations

import asyncio
from dataclasses import fields
from typing import Any

import pytest

from receiver.inbox import DeliverySelection, EventFilter, Inbox, SettledLane
from receiver.inbox.lanes.failure_groups import reason_key
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    faulty,
    new,
    open_inbox,
    seconds,
    settle,
    stored,
    take_ready,
)

ONE: dict[str, Any] = {
    "source": "springfield",
    "event": "order.placed",
    "state": "dead",
    "person": ANN,
    "connector": "crm",
    "since": NOW + seconds(60),
    "until": NOW + seconds(60),
    "reason": "no",
    "reason_key": reason_key("crm", "no"),
}
NOBODY: dict[str, Any] = {
    "source": "nowhere",
    "event": "quiz.submitted",
    "state": "discarded",
    "person": "nobody@example.edu",
    "connector": "none",
    "since": NOW + seconds(999),
    "until": NOW - seconds(999),
    "reason": "no such reason",
    "reason_key": "0123456789ab",
    "ids": ("0" * 32,),
}


async def two(inbox: Inbox) -> tuple[str, str]:
    """Two dead deliveries that share nothing; the ids of their events."""
    first = await inbox.accept(new("a"))
    other: dict[str, Any] = {
        "source": "shelbyville",
        "name": "account.created",
        "connectors": ("other",),
        "at": NOW + seconds(120),
    }
    second = await inbox.accept(new("b", BEN, **other))
    for connector, reason in (("crm", "no"), ("other", "never")):
        (one,) = await take_ready(inbox, connector=connector, at=NOW + seconds(120))
        await settle(
            inbox, [SettledLane(one, dead=((one.deliveries[0].delivery_id, reason),))], now=NOW
        )
    return first.id, second.id


def test_all_conditions_are_tried() -> None:
    """One that is added must be tried here, too."""
    assert {field.name for field in fields(EventFilter)} == NOBODY.keys() == ONE.keys() | {"ids"}


@pytest.mark.parametrize("name", NOBODY)
def test_a_condition_that_nothing_fits_chooses_nothing(store_url: str, name: str) -> None:
    """Above all it does not discard all that waits."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            await two(inbox)
            chosen = EventFilter(**{name: NOBODY[name]})
            assert (await inbox.list_events(chosen)).items == ()
            assert await inbox.discard_selected(DeliverySelection(filter=chosen), now=NOW) == 0
            assert (
                await inbox.replay_deliveries(DeliverySelection(filter=chosen), now=NOW)
            ).chosen == 0

    asyncio.run(main())


@pytest.mark.parametrize("name", [name for name in ONE if name != "state"])
def test_a_condition_that_one_fits_chooses_that_one(store_url: str, name: str) -> None:
    """And leaves the other."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            first, second = await two(inbox)
            mine = second if name == "since" else first
            chosen = EventFilter(**{name: ONE[name]})
            assert [row.id for row in (await inbox.list_events(chosen)).items] == [mine]
            assert (
                await inbox.replay_deliveries(
                    DeliverySelection(filter=chosen), now=NOW, dry_run=True
                )
            ).chosen == 1
            assert await inbox.discard_selected(DeliverySelection(filter=chosen), now=NOW) == 1
            assert [
                row.id for row in (await inbox.list_events(EventFilter(state="discarded"))).items
            ] == [mine]

    asyncio.run(main())


@stored
async def test_a_reason_is_of_what_is_dead(inbox: Inbox) -> None:
    """What was discarded with it is chosen only where that is said."""
    await two(inbox)
    await inbox.discard_selected(DeliverySelection(filter=EventFilter(reason="no")), now=NOW)
    assert (await inbox.list_events(EventFilter(reason="no"))).items == ()
    assert len((await inbox.list_events(EventFilter(state="discarded", reason="no"))).items) == 1
    assert (
        await inbox.replay_deliveries(DeliverySelection(filter=EventFilter(reason="no")), now=NOW)
    ).chosen == 0


@stored
async def test_quarantined_calls_beside_a_person(inbox: Inbox) -> None:
    """Those that fit all but the person are counted: they may be about them, and nobody can
    tell.
    """
    await inbox.accept(new("a"))
    await inbox.accept(faulty("b"))
    await inbox.accept(faulty("c", source="shelbyville", at=NOW + seconds(60)))
    gone = await inbox.accept(faulty("d"))
    await inbox.discard_quarantined([gone.id])
    assert await inbox.count_unsearched(EventFilter(person=ANN)) == 2
    assert await inbox.count_unsearched(EventFilter(person=ANN, state="quarantined")) == 2
    assert await inbox.count_unsearched(EventFilter(person=ANN, source="shelbyville")) == 1
    assert await inbox.count_unsearched(EventFilter(person=ANN, until=NOW + seconds(1))) == 1
    assert await inbox.count_unsearched(EventFilter(person=ANN, event="quiz.submitted")) == 0
    assert await inbox.count_unsearched(EventFilter(person=ANN, state="dead")) == 0
    assert await inbox.count_unsearched(EventFilter(person=ANN, connector="crm")) == 0
    assert await inbox.count_unsearched(EventFilter(source="springfield")) == 0
