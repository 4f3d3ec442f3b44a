"""A repetition is one of the newest state of the same thing, on both databases."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from receiver.inbox import AcceptedEvent, Inbox, NewEvent
from tests.inbox.store import NOW, new, open_inbox, seconds, stored

HOUR, WINDOW = timedelta(hours=1), timedelta(hours=24)


def state(order: str, status: str, at: datetime = NOW, **other: Any) -> NewEvent:
    """A state of an order; other values make it another content."""
    return new(f"{order} {status}", at=at, thing=hashlib.sha256(order.encode()).digest(), **other)


def late(order: str, status: str, at: datetime) -> NewEvent:
    return state(order, status, at, late_at=NOW + WINDOW)


async def outcomes(inbox: Inbox, *events: NewEvent) -> list[bool]:
    """One after the other: whether each was a duplicate."""
    return [(await inbox.accept(event)).duplicate for event in events]


@stored
async def test_a_state_that_returns_is_no_repetition(inbox: Inbox) -> None:
    """COMPLETED, REFUNDED, COMPLETED are three events; each told again is one."""
    first, again, refund, refund_again, back, back_again = [
        await inbox.accept(state("7001", status))
        for status in ("COMPLETED", "COMPLETED", "REFUNDED", "REFUNDED", "COMPLETED", "COMPLETED")
    ]
    assert [one.duplicate for one in (first, again, refund, refund_again, back, back_again)] == [
        False,
        True,
    ] * 3
    assert (again.id, refund_again.id, back_again.id) == (first.id, refund.id, back.id)


@stored
async def test_a_state_that_returns_within_one_commit(inbox: Inbox) -> None:
    """Calls that come together are judged in their order."""
    statuses = ("COMPLETED", "COMPLETED", "ON-HOLD", "COMPLETED", "COMPLETED", "ON-HOLD")
    kept: list[AcceptedEvent] = await asyncio.gather(
        *(inbox.accept(state("7001", status)) for status in statuses)
    )
    assert [one.duplicate for one in kept] == [False, True, False, False, True, False]
    assert (kept[1].id, kept[4].id) == (kept[0].id, kept[3].id)


@stored
async def test_orders_do_not_lie_between_each_others_states(inbox: Inbox) -> None:
    """Another order, or the same one of another school, is another thing."""
    assert await outcomes(
        inbox,
        state("1", "COMPLETED"),
        state("2", "COMPLETED"),
        state("1", "COMPLETED", source="shelbyville"),
        state("1", "REFUNDED", source="shelbyville"),
        state("1", "COMPLETED"),
        state("2", "COMPLETED"),
    ) == [False, False, False, False, True, True]


@stored
async def test_the_window_is_between_neighbours(inbox: Inbox) -> None:
    """From `dedup_hours` on, the same state told again is new; repetitions count from the one that
    was kept.
    """
    assert await outcomes(
        inbox,
        state("1", "COMPLETED", NOW),
        state("1", "COMPLETED", NOW + WINDOW - seconds(1)),
        state("1", "COMPLETED", NOW + WINDOW),
        state("1", "COMPLETED", NOW + WINDOW + HOUR),
        state("1", "REFUNDED", NOW + WINDOW + 2 * HOUR),
        state("1", "COMPLETED", NOW + WINDOW + 3 * HOUR),
    ) == [False, True, False, True, False, False]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_history_in_any_order_is_known_when_it_comes_again(
    sqlite_url: str, order: tuple[int, ...]
) -> None:
    """Four states, two of them of the same content.

    These look like one as long as what lies between them is not there, and are two once it is:
    nothing is missing after the second time, and all is known at the third.
    """
    statuses = ("PENDING", "COMPLETED", "ON-HOLD", "COMPLETED")
    history = [late("1", status, NOW + number * HOUR) for number, status in enumerate(statuses)]

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            first = await outcomes(inbox, *(history[number] for number in order))
            between_came_last = order.index(2) > max(order.index(1), order.index(3))
            assert first.count(True) == between_came_last
            assert (await outcomes(inbox, *(history[number] for number in order))).count(
                False
            ) == between_came_last
            assert await outcomes(inbox, *(history[number] for number in order)) == [True] * 4

    asyncio.run(main())


@stored
async def test_a_late_state_is_compared_with_its_neighbours_in_time(inbox: Inbox) -> None:
    """History of before and after what came live, and the very call that came live."""
    await inbox.accept(state("1", "COMPLETED", NOW))
    await inbox.accept(state("1", "REFUNDED", NOW + HOUR))
    assert await outcomes(
        inbox,
        late("1", "COMPLETED", NOW + seconds(5)),
        late("1", "PENDING", NOW - HOUR),
        late("1", "COMPLETED", NOW - 2 * HOUR),
        late("1", "REFUNDED", NOW + 2 * HOUR),
        late("1", "COMPLETED", NOW + 3 * HOUR),
    ) == [True, False, False, True, False]
    assert (await inbox.accept(state("1", "COMPLETED", NOW + 4 * HOUR))).duplicate


def test_without_a_window_every_state_is_new(store_url: str) -> None:
    """`dedup_hours = 0` keeps every call."""

    async def main() -> None:
        async with open_inbox(store_url, dedup_hours=0) as inbox:
            assert await outcomes(inbox, *[state("1", "COMPLETED")] * 3) == [False] * 3

    asyncio.run(main())


def test_two_processes_agree(postgresql_url: str) -> None:
    """The same calls, handed to two processes at once, are one event each, and of a state that
    returns nothing is lost.
    """

    async def main() -> None:
        async with open_inbox(postgresql_url) as one, open_inbox(postgresql_url) as other:
            for turn in range(30):
                status = ("COMPLETED", "REFUNDED")[turn % 2]
                calls = [
                    inbox.accept(state(f"{number}", status, NOW + turn * seconds(1)))
                    for number in range(8)
                    for inbox in (one, other)
                ]
                kept = await asyncio.gather(*calls)
                assert [
                    sum(not each.duplicate for each in kept[at : at + 2]) for at in range(0, 16, 2)
                ] == [1] * 8

    asyncio.run(main())
