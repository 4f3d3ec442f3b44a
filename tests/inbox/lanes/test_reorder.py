"""Events of the past that are handed in late: they take the place that they would have had."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from receiver.inbox import Inbox, NewEvent
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    attempt,
    bodies,
    delivered,
    new,
    open_inbox,
    seconds,
    settle,
    stored,
    take_one,
    take_ready,
)

YEAR = timedelta(days=365)


def late(content: str, at: datetime, *people: str) -> NewEvent:
    return new(content, *people, at=at, late_at=NOW)


@stored
async def test_history_comes_before_what_was_received_since(inbox: Inbox) -> None:
    """The newer event stays on top: it is delivered again after the old one, though it was
    delivered long before that came.
    """
    await inbox.accept(new("live", at=NOW - seconds(60)))
    await settle(inbox, [delivered(await take_one(inbox))], now=NOW)
    await inbox.accept(late("old", NOW - YEAR))
    assert bodies(await take_one(inbox)) == ["old", "live"]


@stored
async def test_what_is_newer_than_all_comes_last(inbox: Inbox) -> None:
    """History that happened after the last event of a person leaves that alone; others' lanes are
    not touched either.
    """
    await inbox.accept(new("before", at=NOW - YEAR))
    await inbox.accept(new("another's", BEN, at=NOW - YEAR))
    await settle(inbox, [delivered(one) for one in await take_ready(inbox)], now=NOW)
    await inbox.accept(late("after", NOW - seconds(60)))
    assert bodies(await take_one(inbox)) == ["after"]


@pytest.mark.parametrize("together", [True, False])
def test_history_in_any_order(sqlite_url: str, together: bool) -> None:
    """Whether one by one or in one commit, newest first or mixed: the lane is in the order of
    time.
    """

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            for number, order in enumerate(permutations(range(4))):
                events = [
                    late(f"{number}-{age}", NOW - YEAR * age, f"p{number}@x.org") for age in order
                ]
                if together:
                    await asyncio.gather(*(inbox.accept(event) for event in events))
                else:
                    for event in events:
                        await inbox.accept(event)
            for one in await take_ready(inbox):
                assert [body[-1] for body in bodies(one)] == ["3", "2", "1", "0"]

    asyncio.run(main())


@pytest.mark.parametrize("days", [*permutations((0, 30, 60)), (60, 30, 60.5, 30)])
@pytest.mark.parametrize("together", [True, False])
def test_the_same_content_at_other_times_is_another_event(
    store_url: str, days: tuple[float, ...], together: bool
) -> None:
    """In whatever order it comes, what is a window apart is kept, what is nearer is known; and all
    of it is, once it comes again.
    """

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            live = await inbox.accept(new("passed"))
            events = [late("passed", NOW - timedelta(days=ago)) for ago in days]
            if together:
                kept = await asyncio.gather(*(inbox.accept(event) for event in events))
            else:
                kept = [await inbox.accept(event) for event in events]
            assert len({live.id, *(one.id for one in kept)}) == 3
            again = [await inbox.accept(event) for event in events]
            assert [(one.id, one.duplicate) for one in again] == [(one.id, True) for one in kept]
            assert (await inbox.accept(new("passed", at=NOW + seconds(1)))).id == live.id

    asyncio.run(main())


@stored
async def test_what_came_live_is_known_to_history(inbox: Inbox) -> None:
    """An hour before or after; also once newer ones of that content have come; and live ones know
    what was handed in.
    """
    for number, hours in enumerate((-1, 1)):
        live = await inbox.accept(new(f"{number}", at=NOW - YEAR))
        await inbox.accept(new(f"{number}"))
        again = await inbox.accept(late(f"{number}", NOW - YEAR + timedelta(hours=hours)))
        assert (again.id, again.duplicate) == (live.id, True)
    handed_in = await inbox.accept(late("missed", NOW - timedelta(hours=1)))
    assert (await inbox.accept(new("missed"))).id == handed_in.id


@stored
async def test_ages_are_those_since_it_came(inbox: Inbox) -> None:
    """However long ago it happened; and its lane is not due before that of live events."""
    await inbox.accept(new("live", BEN, at=NOW - seconds(30)))
    await inbox.accept(late("old", NOW - YEAR, ANN))
    await inbox.accept(late("as old", NOW - YEAR + seconds(1), ANN))
    status = await inbox.read_status(now=NOW + seconds(5))
    assert status.pending == 3
    assert status.oldest_pending_seconds == pytest.approx(35, abs=0.01)
    (first,) = await take_ready(inbox, priority=0)
    assert bodies(first) == ["live"]
    await settle(inbox, [delivered(first)], now=NOW)
    status = await inbox.read_status(now=NOW + timedelta(days=2))
    assert status.pending == 2
    assert status.oldest_pending_seconds == pytest.approx(2 * 86_400, abs=0.01)


@stored
async def test_history_of_one_time_stays_in_the_order_in_which_it_came(inbox: Inbox) -> None:
    """Also with others' between, and a millisecond apart from it."""
    for number in range(5):
        await inbox.accept(late(f"{number}", NOW - YEAR))
        await inbox.accept(
            late(f"other {number}", NOW - YEAR + timedelta(milliseconds=number), BEN)
        )
    assert {one.person_key: bodies(one) for one in await take_ready(inbox)}[ANN] == [
        "0",
        "1",
        "2",
        "3",
        "4",
    ]


@stored
async def test_history_of_many_people(inbox: Inbox) -> None:
    """In every lane at once it comes before what is later there, delivered or not; attempts stay
    with their deliveries.
    """
    many = [f"p{number}@example.edu" for number in range(1100)]
    known, at = many[:200], NOW + seconds(200)

    async def settle_some(code: str) -> None:
        lanes = [
            one for one in await take_ready(inbox, limit=2000) if one.person_key in known[:150]
        ]
        await settle(inbox, [delivered(one, attempt=attempt(code=code)) for one in lanes], now=NOW)

    before = await inbox.accept(new("before", *known, at=NOW - YEAR - seconds(60)))
    await settle_some("first")
    since = await inbox.accept(new("since", *known, at=NOW - seconds(60)))
    await settle_some("second")
    old = await inbox.accept(late("old", NOW - YEAR, *many))
    expected = {
        **dict.fromkeys(known[:150], "old since"),
        **dict.fromkeys(known[150:], "before old since"),
        **dict.fromkeys(many[200:], "old"),
    }
    assert {
        one.person_key: " ".join(bodies(one)) for one in await take_ready(inbox, limit=2000, at=at)
    } == expected
    codes = {}
    for event in (before, old, since):
        first = next(
            one for one in (await inbox.find_event(event.id)).deliveries if one.person == many[0]
        )
        codes[event.id] = (first.seq, [one.code for one in first.attempts])
    assert codes == {before.id: (1, ["first"]), old.id: (2, []), since.id: (3, ["second"])}
