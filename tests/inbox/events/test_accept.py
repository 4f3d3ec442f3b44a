"""Accepting: what is kept, what is a repetition, and in which order a lane gets it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from receiver.inbox import EventFilter, Inbox, NewEvent, SettledLane, Unstorable
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    bodies,
    delivered,
    faulty,
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
async def test_an_event_is_kept_as_it_came(inbox: Inbox) -> None:
    """All that was handed in can be read back, to the byte and the microsecond."""
    at = NOW + timedelta(microseconds=123_456)
    given = new(
        "\x00\xff{", ANN, BEN, at=at, disagreement="it says so", unknown=("customer.vip", "extra")
    )
    kept = await inbox.accept(given)
    assert (kept.duplicate, kept.deliveries) == (False, 2)
    found = await inbox.find_event(kept.id)
    assert (found.body, found.received_at, found.source, found.name, found.how) == (
        given.body,
        at,
        "springfield",
        "order.placed",
        "url",
    )
    assert (found.named, found.disagreement, found.unknown, found.faults) == (
        "order.placed",
        "it says so",
        ("customer.vip", "extra"),
        (),
    )
    assert (found.state, found.person, found.people, found.count) == ("accepted", ANN, 2, 2)


@stored
async def test_an_event_that_no_route_wants_is_kept(inbox: Inbox) -> None:
    """It has no deliveries, and is found by its people all the same."""
    kept = await inbox.accept(new("a", ANN, BEN, connectors=()))
    assert kept.deliveries == 0
    assert await take_ready(inbox) == []
    for person in (ANN, BEN):
        assert [row.id for row in (await inbox.list_events(EventFilter(person=person))).items] == [
            kept.id
        ]


@stored
async def test_200_at_once_of_the_same_content_are_one(inbox: Inbox) -> None:
    """One is accepted and 199 are duplicates with its id."""
    kept = await asyncio.gather(*(inbox.accept(new("same")) for _ in range(200)))
    assert sorted(one.duplicate for one in kept) == [False] + [True] * 199
    assert len({one.id for one in kept}) == 1
    assert [bodies(one) for one in await take_ready(inbox)] == [["same"]]


def test_the_same_content_at_two_processes_is_one(postgresql_url: str) -> None:
    """Two gateways on one PostgreSQL that get the same 200 events at once keep each of them
    once.
    """

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as other:
            kept = await asyncio.gather(
                *(
                    inbox.accept(new(f"content {number}"))
                    for number in range(200)
                    for inbox in ((one, other) if number % 2 else (other, one))
                )
            )
        assert len(kept) == 400
        assert sum(not one.duplicate for one in kept) == 200
        assert len({one.id for one in kept}) == 200

    asyncio.run(main())


@stored
async def test_a_repetition_is_known_until_the_window_is_over(inbox: Inbox) -> None:
    """Within 24 hours it is a duplicate of the first; from then on it is new, and later ones are
    duplicates of that.
    """
    first = await inbox.accept(new("a"))
    late = await inbox.accept(new("a", at=NOW + timedelta(hours=24) - timedelta(microseconds=1)))
    assert (late.duplicate, late.id) == (True, first.id)
    again = await inbox.accept(new("a", at=NOW + timedelta(hours=24)))
    assert (again.duplicate, again.deliveries) == (False, 1)
    third = await inbox.accept(new("a", at=NOW + timedelta(hours=47)))
    assert (third.duplicate, third.id) == (True, again.id)


@stored
async def test_the_window_holds_within_one_commit(inbox: Inbox) -> None:
    """Repetitions that are committed together are judged like any others."""
    hours = (0, 1, 23, 24, 25, 49)
    kept = await asyncio.gather(
        *(inbox.accept(new("a", at=NOW + timedelta(hours=hour))) for hour in hours)
    )
    assert [one.duplicate for one in kept] == [False, True, True, False, True, False]
    assert [one.id for one in kept] == [kept[index].id for index in (0, 0, 0, 3, 3, 5)]


def test_without_a_window_nothing_is_a_repetition(store_url: str) -> None:
    """`dedup_hours = 0` keeps every call."""

    async def main() -> None:
        async with open_inbox(store_url, dedup_hours=0) as inbox:
            kept = await asyncio.gather(*(inbox.accept(new("a")) for _ in range(10)))
            assert len({one.id for one in kept}) == 10
            assert not any(one.duplicate for one in kept)

    asyncio.run(main())


@stored
async def test_another_source_is_another_event(inbox: Inbox) -> None:
    """Two schools may send the same content."""
    one, other = await asyncio.gather(
        inbox.accept(new("a")), inbox.accept(new("a", source="shelbyville"))
    )
    assert not one.duplicate
    assert not other.duplicate
    repeated = await inbox.accept(new("a", source="shelbyville"))
    assert (repeated.duplicate, repeated.id) == (True, other.id)


@stored
async def test_a_faulty_call_is_kept_aside(inbox: Inbox) -> None:
    """It is quarantined with its faults, has no deliveries whatever lanes it names, and repeating
    it is a duplicate.
    """
    given = faulty(
        "a", ("email", "is missing"), ("", "odd\ud800"), lanes=(("crm", ANN),), name=None
    )
    kept = await inbox.accept(given)
    assert (kept.duplicate, kept.deliveries) == (False, 0)
    found = await inbox.find_event(kept.id)
    assert (found.state, found.name, found.faults) == (
        "quarantined",
        None,
        (("email", "is missing"), ("", "odd\ufffd")),
    )
    assert await take_ready(inbox) == []
    repeated = await inbox.accept(given)
    assert (repeated.duplicate, repeated.id) == (True, kept.id)


@stored
async def test_the_order_in_a_lane_is_the_order_of_accepting(inbox: Inbox) -> None:
    """Also where one commit holds several events of one lane, among those of others, and where
    later commits follow.
    """
    for start in (0, 300):
        await asyncio.gather(
            *(
                inbox.accept(new(f"{number}", ANN if number % 3 else BEN))
                for number in range(start, start + 300)
            )
        )
    lanes = {one.person_key: one for one in await take_ready(inbox)}
    for person, expected in (
        (ANN, [number for number in range(600) if number % 3]),
        (BEN, list(range(0, 600, 3))),
    ):
        found = [int(body) for body in bodies(lanes[person])]
        assert found == expected[: len(found)]
        assert len(found) == 200
        places = [pending.seq for pending in lanes[person].deliveries]
        assert places == sorted(set(places))


def test_two_processes_agree_on_the_order(postgresql_url: str) -> None:
    """Events that two gateways accept for one lane at once get different places, each gateway's own
    in its order.
    """

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as other:
            for _ in range(10):
                await asyncio.gather(
                    *(
                        inbox.accept(new(f"{name} {number}"))
                        for number in range(8)
                        for name, inbox in (("a", one), ("b", other))
                    )
                )
                found = bodies(taken := await take_one(one))
                assert len(found) == 16
                for name in ("a", "b"):
                    assert [body for body in found if body.startswith(name)] == [
                        f"{name} {number}" for number in range(8)
                    ]
                await settle(one, [delivered(taken)], now=NOW)
                await one.erase_person(ANN)

    asyncio.run(main())


@stored
async def test_an_event_for_several_lanes(inbox: Inbox) -> None:
    """Every person at every connector gets a delivery of their own; one lane named twice gets
    one.
    """
    people = tuple(f"learner{number}@example.edu" for number in range(300))
    kept = await inbox.accept(new("all", *people, *people[:10], connectors=("crm", "other")))
    assert kept.deliveries == 600
    taken = [
        await take_ready(inbox, connector=connector, limit=1000) for connector in ("crm", "other")
    ]
    for lanes in taken:
        assert sorted(one.person_key for one in lanes) == sorted(people)
    # read once for all
    assert (
        len(
            {id(pending.body) for lanes in taken[:1] for one in lanes for pending in one.deliveries}
        )
        == 1
    )


@stored
async def test_a_poisoned_event_fails_alone(inbox: Inbox) -> None:
    """An event that no database can hold does not take those with it that are committed at the same
    time.
    """
    poison = new("poison", "a\ud800@example.edu")
    results = await asyncio.gather(
        *(inbox.accept(new(f"good {number}")) for number in range(20)),
        inbox.accept(poison),
        *(inbox.accept(new(f"more {number}")) for number in range(20)),
        return_exceptions=True,
    )
    assert isinstance(results[20], Unstorable)
    kept = [one for index, one in enumerate(results) if index != 20]
    assert not any(isinstance(one, BaseException) or one.duplicate for one in kept)
    assert bodies(await take_one(inbox)) == [
        f"{word} {number}" for word in ("good", "more") for number in range(20)
    ]


@stored
async def test_hostile_texts_are_kept(inbox: Inbox) -> None:
    """NUL and lone surrogates in what describes an event become U+FFFD, and trouble nobody
    afterwards.
    """
    kept = await inbox.accept(
        new(
            "a",
            named="\x00\ud800\udc00x\udfff",
            unknown=("k\x00ey", "\ud83d\ude00"),
            disagreement="\x00",
        )
    )
    found = await inbox.find_event(kept.id)
    assert (found.named, found.disagreement) == ("\ufffd\U00010000x\ufffd", "\ufffd")
    assert found.unknown == ("k\x00ey", "\U0001f600")
    assert {one.path for one in await inbox.list_drift()} == {"k\ufffdey", "\U0001f600"}


@stored
async def test_an_idle_lane_becomes_ready(inbox: Inbox) -> None:
    """A new event in a lane that was at rest is due at once, as often as that happens."""
    for number in range(3):
        at = NOW + timedelta(minutes=number)
        await inbox.accept(new(f"{number}", at=at))
        assert await next_due(inbox, NOW) == at
        taken = await take_one(inbox, at=at)
        assert bodies(taken) == [f"{number}"]
        await settle(inbox, [delivered(taken)], now=at)
        assert await next_due(inbox, at) is None


@stored
async def test_a_clock_that_was_ahead_holds_nobody_up(inbox: Inbox) -> None:
    """What came while it was is delivered with the person's next event; a lane in back-off keeps
    its time.
    """
    ahead = NOW + timedelta(hours=8)
    await inbox.accept(new("ahead", at=ahead))
    assert await take_ready(inbox) == []
    await inbox.accept(new("corrected"))
    taken = await take_one(inbox)
    assert bodies(taken) == ["ahead", "corrected"]
    await settle(inbox, [SettledLane(taken, retry_at=ahead)], now=NOW)
    await inbox.accept(new("later", at=NOW + seconds(1)))
    assert await take_ready(inbox, at=NOW + seconds(1)) == []
    assert await next_due(inbox, NOW) == ahead


def test_a_time_without_a_zone_is_refused(store_url: str) -> None:
    """Nobody knows what it means."""

    async def main(given: NewEvent) -> None:
        async with open_inbox(store_url) as inbox:
            with pytest.raises(ValueError, match="no time zone"):
                await inbox.accept(given)

    asyncio.run(main(new("a", at=NOW.replace(tzinfo=None))))
