"""What people ask: the status, lists of events by filters and pages, groups by reason, one
person.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from receiver.inbox import (
    ConnectorState,
    ConnectorStatus,
    DeliverySelection,
    EventFilter,
    Inbox,
    RemoteRecord,
    SettledLane,
    StoreStatus,
    Unknown,
)
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    attempt,
    delivered,
    faulty,
    keep_state,
    new,
    open_inbox,
    remote,
    seconds,
    settle,
    stored,
    take_lead,
    take_one,
    take_ready,
)

PEOPLE = [f"learner{number}@example.edu" for number in range(7)]


@dataclass
class Known:
    """What was accepted, as a list in Python knows it."""

    id: str
    values: Mapping[str, Any]
    states: set[str]


async def filled(inbox: Inbox) -> list[Known]:
    """400 events of all kinds in all states, oldest first."""
    known: list[Known] = []
    for number in range(400):
        values: dict[str, Any] = {
            "source": ("springfield", "springfield", "shelbyville")[number % 3],
            "name": ("order.placed", "quiz.submitted", "account.created", "order.refunded")[
                number % 4
            ],
            "at": NOW + timedelta(minutes=number),
        }
        person, connectors = (
            PEOPLE[number % 7],
            ((), ("crm",), ("crm", "other"), ("crm",))[number % 4],
        )
        event = (
            faulty(f"{number}", **values)
            if number % 11 == 0
            else new(f"{number}", person, connectors=connectors, **values)
        )
        kept = await inbox.accept(event)
        state = {"quarantined"} if event.faults else set()
        known.append(
            Known(
                kept.id,
                {
                    **values,
                    "person": event.people[:1],
                    "connectors": () if event.faults else connectors,
                },
                state,
            )
        )
    await _settle(inbox, {one.id: one for one in known})
    aside = [one for one in known if one.states == {"quarantined"}][::5]
    await inbox.discard_quarantined([one.id for one in aside])
    for one in aside:
        one.states = {"discarded"}
    return known


async def _settle(inbox: Inbox, known: dict[str, Known]) -> None:
    """At the one connector some die and some are discarded, at the other all waits."""
    end = NOW + timedelta(days=1)
    for taken in await take_ready(inbox, at=end):
        outcomes: dict[str, list[int]] = {"delivered": [], "dead": [], "discarded": []}
        for index, pending in enumerate(taken.deliveries):
            state = ("delivered", "delivered", "delivered", "dead", "discarded")[index % 5]
            outcomes[state].append(pending.delivery_id)
            known[pending.event_id].states.add(state)
        dead = tuple((id, "INVALID_EMAIL" if id % 2 else "too long") for id in outcomes["dead"])
        await inbox.discard_selected(DeliverySelection(deliveries=outcomes["discarded"]), now=end)
        await settle(
            inbox, [SettledLane(taken, delivered=tuple(outcomes["delivered"]), dead=dead)], now=end
        )
    for one in known.values():
        if "other" in one.values["connectors"]:
            one.states.add("pending")


def _matches(one: Known, chosen: EventFilter) -> bool:
    at = one.values["at"]
    return (
        chosen.source in (None, one.values["source"])
        and chosen.event in (None, one.values["name"])
        and (chosen.state is None or chosen.state in one.states)
        and (chosen.person is None or chosen.person in one.values["person"])
        and (chosen.connector is None or chosen.connector in one.values["connectors"])
        and (chosen.since is None or at >= chosen.since)
        and (chosen.until is None or at < chosen.until)
    )


def test_every_filter_finds_what_it_says(store_url: str) -> None:
    """All combinations of source, name, state, person and times, each read page by page to its end,
    newest first.
    """
    choices = itertools.product(
        (None, "springfield", "shelbyville", "nowhere"),
        (None, "order.placed", "order.refunded"),
        (None, "pending", "delivered", "dead", "discarded", "quarantined"),
        (None, PEOPLE[3]),
        (
            (None, None),
            (NOW + timedelta(minutes=100), None),
            (NOW + timedelta(minutes=50), NOW + timedelta(minutes=300)),
        ),
    )

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            known = await filled(inbox)
            for source, name, state, person, (since, until) in choices:
                rest = {"person": person, "since": since, "until": until}
                chosen = EventFilter(source, name, state, **rest)  # type: ignore[arg-type]
                expected = [one.id for one in reversed(known) if _matches(one, chosen)]
                assert await _all(inbox, chosen) == expected, chosen

    asyncio.run(main())


@stored
async def test_events_of_a_connector(inbox: Inbox) -> None:
    """A list can be of one connector's events, with a state there."""
    known = await filled(inbox)
    for connector in ("crm", "other", "none"):
        chosen = EventFilter(connector=connector)
        assert await _all(inbox, chosen) == [
            one.id for one in reversed(known) if _matches(one, chosen)
        ]
    waiting = await _all(inbox, EventFilter(connector="other", state="pending"))
    assert waiting == [one.id for one in reversed(known) if "other" in one.values["connectors"]]
    assert await _all(inbox, EventFilter(connector="crm", state="pending")) == []


async def _all(inbox: Inbox, chosen: EventFilter) -> list[str]:
    found: list[str] = []
    before = None
    while True:
        page = await inbox.list_events(chosen, before=before, limit=37)
        found += [row.id for row in page.items]
        if page.next is None:
            return found
        assert len(page.items) == 37
        before = page.next


@stored
async def test_pages_are_turned_back_to_newer_ones(inbox: Inbox) -> None:
    """Whatever is listed, each page of newer events is the one that was seen on the way to the
    older ones.
    """
    await filled(inbox)
    choices = (
        EventFilter(),
        EventFilter(source="springfield"),
        EventFilter(person=PEOPLE[3]),
        EventFilter(connector="crm"),
    )
    for chosen in (
        *choices,
        *(
            EventFilter(state=state)
            for state in ("pending", "delivered", "dead", "discarded", "quarantined")
        ),
    ):
        ids = await _all(inbox, chosen)
        for start in range(10, len(ids), 10):
            page = await inbox.list_events(chosen, after=ids[start], limit=10)
            assert [row.id for row in page.items] == ids[start - 10 : start], chosen
            assert (page.next is None) == (start == 10)
        assert (await inbox.list_events(chosen, after=ids[0], limit=10)).items == ()


@stored
async def test_events_chosen_by_id(inbox: Inbox) -> None:
    """A filter with ids lists, and replays or discards, only what fits among these; with none of
    them nothing.
    """
    known = await filled(inbox)
    some = tuple(one.id for one in known[::3])
    for state in ("dead", "quarantined", None):
        chosen = EventFilter(state=state, ids=some)
        assert await _all(inbox, chosen) == [
            one.id
            for one in reversed(known)
            if one.id in some and _matches(one, EventFilter(state=state))
        ]
    assert await _all(inbox, EventFilter(ids=())) == []
    dead = [one.id for one in known if "dead" in one.states][:3]
    kept, *given_up = dead
    assert await inbox.discard_selected(
        DeliverySelection(filter=EventFilter(state="dead", ids=tuple(given_up))), now=NOW
    ) == len(given_up)
    assert "dead" in [one.state for one in (await inbox.find_event(kept)).deliveries]


@stored
async def test_events_that_were_recognised_as_none(inbox: Inbox) -> None:
    """They are asked for by an empty name; no name asks for all."""
    unknown = await inbox.accept(faulty("a", name=None, how=None))
    named = await inbox.accept(faulty("b"))
    assert await _all(inbox, EventFilter(event="")) == [unknown.id]
    assert await _all(inbox, EventFilter()) == [named.id, unknown.id]


@stored
async def test_a_row_of_a_list(inbox: Inbox) -> None:
    """It says what the event was, whom it concerns, and how its deliveries stand."""
    kept = await inbox.accept(
        new("a", ANN, BEN, connectors=("crm", "other"), disagreement="it says so")
    )
    await settle(inbox, [delivered(one) for one in await take_ready(inbox)], now=NOW)
    (row,) = (await inbox.list_events()).items
    assert (row.id, row.source, row.name, row.how, row.named) == (
        kept.id,
        "springfield",
        "order.placed",
        "url",
        "order.placed",
    )
    assert (row.disagreement, row.state, row.received_at, row.person, row.people) == (
        "it says so",
        "accepted",
        NOW,
        ANN,
        2,
    )
    assert row.deliveries == {"delivered": 2, "pending": 2}


@stored
async def test_an_empty_store(inbox: Inbox) -> None:
    """Has nothing to show, and says so."""
    status = await inbox.read_status(["crm"], now=NOW)
    assert status == StoreStatus(0, 0, 0, None, {"crm": ConnectorStatus("running", 0, 0, None)})
    assert (await inbox.list_events()).items == ()
    assert await inbox.list_groups() == ([], [])
    assert await inbox.list_drift() == []
    with pytest.raises(Unknown, match="no event abc"):
        await inbox.find_event("abc")
    person = await inbox.find_person(ANN)
    assert (person.lanes, person.records) == ((), ())


@stored
async def test_the_status(inbox: Inbox) -> None:
    """What waits, what is dead, what is in quarantine, and since when the oldest waits; by
    connector, with its pause.
    """
    for number in range(4):
        await inbox.accept(
            new(f"{number}", PEOPLE[number], connectors=("crm", "other"), at=NOW + seconds(number))
        )
    for one in (await take_ready(inbox, limit=2, at=NOW + seconds(9)))[:2]:
        result = (
            delivered(one)
            if one.person_key == PEOPLE[0]
            else SettledLane(one, dead=((one.deliveries[0].delivery_id, "no"),))
        )
        await settle(inbox, [result], now=NOW)
    await inbox.accept(faulty("x"))
    reason, until = "the token has expired", NOW + seconds(60)
    await keep_state(
        inbox, ConnectorState("other", "auth", reason, NOW, until, note="slow", sizes={"deal": 5})
    )
    await take_lead(inbox, connector="other")
    status = await inbox.read_status(["crm", "third"], now=NOW + seconds(30))
    assert (status.pending, status.dead, status.quarantined, status.oldest_pending_seconds) == (
        6,
        1,
        1,
        30.0,
    )
    assert status.connectors["crm"] == ConnectorStatus("running", 2, 1, 28.0, leader="test")
    paused = ConnectorStatus(
        "auth",
        4,
        0,
        30.0,
        "auth",
        "the token has expired",
        NOW,
        NOW + seconds(60),
        "slow",
        {"deal": 5},
        "test",
    )
    assert status.connectors["other"] == paused
    assert status.connectors["third"] == ConnectorStatus("running", 0, 0, None)


@stored
async def test_a_person(inbox: Inbox) -> None:
    """How they stand at each connector, and which records are theirs there."""
    first = await inbox.accept(new("a", connectors=("crm", "other")))
    taken = await take_one(inbox)
    await settle(
        inbox,
        [delivered(taken, attempt=attempt())],
        records=[remote("contact", ANN, "7", taken)],
        now=NOW + seconds(3),
    )
    await inbox.accept(new("b", BEN))
    found = await inbox.find_person(ANN)
    lanes = [
        (lane.connector, lane.state, lane.due_at, lane.tries, lane.pending) for lane in found.lanes
    ]
    assert [lane for lane in lanes if lane[0] == "other"] == [("other", "ready", NOW, 0, 1)]
    assert [(lane[1], lane[4]) for lane in lanes if lane[0] == "crm"] == [("idle", 0)]
    assert found.records == (RemoteRecord("crm", "contact", ANN, "7", first.id, NOW + seconds(3)),)
