"""Events of the past that are handed in late: they take the place that they would have had."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from receiver.inbox import Inbox, NewEvent
from tests.inbox.store import ANN, BEN, NOW, bodies, claim, claim_one, delivered, new, open_inbox, seconds, stored

YEAR = timedelta(days=365)


def late(content: str, at: datetime, *people: str) -> NewEvent:
    return new(content, *people, at=at, late_at=NOW)


@stored
async def test_history_comes_before_what_was_received_since(inbox: Inbox) -> None:
    """The newer event stays on top: it is delivered again after the old one, though it was delivered long before that came."""
    await inbox.accept(new("live", at=NOW - seconds(60)))
    await inbox.settle([delivered(await claim_one(inbox))], now=NOW)
    await inbox.accept(late("old", NOW - YEAR))
    assert bodies(await claim_one(inbox)) == ["old", "live"]


@stored
async def test_what_is_newer_than_all_comes_last(inbox: Inbox) -> None:
    """History that happened after the last event of a person leaves that alone; others' lanes are not touched either."""
    await inbox.accept(new("before", at=NOW - YEAR))
    await inbox.accept(new("another's", BEN, at=NOW - YEAR))
    await inbox.settle([delivered(one) for one in await claim(inbox)], now=NOW)
    await inbox.accept(late("after", NOW - seconds(60)))
    assert bodies(await claim_one(inbox)) == ["after"]


@pytest.mark.parametrize("together", [True, False])
def test_history_in_any_order(sqlite_url: str, together: bool) -> None:
    """Whether one by one or in one commit, newest first or mixed: the lane is in the order of time."""

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            for number, order in enumerate(permutations(range(4))):
                events = [late(f"{number}-{age}", NOW - YEAR * age, f"p{number}@x.org") for age in order]
                if together:
                    await asyncio.gather(*(inbox.accept(event) for event in events))
                else:
                    for event in events:
                        await inbox.accept(event)
            for one in await claim(inbox):
                assert [body[-1] for body in bodies(one)] == ["3", "2", "1", "0"]

    asyncio.run(main())


@stored
async def test_history_again_is_known(inbox: Inbox) -> None:
    """However long ago it happened, as long as it is kept; content that came live is known too."""
    first = await inbox.accept(late("old", NOW - YEAR))
    again = await inbox.accept(late("old", NOW - YEAR))
    assert (again.id, again.duplicate, again.deliveries) == (first.id, True, 0)
    live = await inbox.accept(new("live"))
    assert (await inbox.accept(late("live", NOW - YEAR))).id == live.id


@stored
async def test_history_does_not_count_as_waiting_for_long(inbox: Inbox) -> None:
    """It is pending, and has no age: what came live tells how long things wait. Its lane is not due before that of live events."""
    await inbox.accept(new("live", BEN, at=NOW - seconds(30)))
    await inbox.accept(late("old", NOW - YEAR, ANN))
    status = await inbox.status(now=NOW)
    assert status.pending == 2
    assert status.oldest_pending_seconds == pytest.approx(30, abs=0.01)
    (first,) = await claim(inbox, limit=1)
    assert bodies(first) == ["live"]
    await inbox.settle([delivered(first)], now=NOW)
    status = await inbox.status(now=NOW)
    assert (status.pending, status.oldest_pending_seconds) == (1, None)
