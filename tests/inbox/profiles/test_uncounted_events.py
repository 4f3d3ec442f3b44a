"""What is to be counted: what comes in while profiles are asked for, and once all that came
before.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

from receiver.inbox import Inbox
from receiver.inbox.profiles.uncounted_events import MOST, MOST_BYTES, SETTLING, SETTLING_ALONE
from tests.inbox.profiles.known import SOURCE, count, known, order
from tests.inbox.store import ANN, NOW, accepted, faulty, new, open_inbox, stored

LATER = NOW + timedelta(days=100)


async def waiting(inbox: Inbox) -> list[str]:
    return [one.body.decode() for one in await inbox.list_uncounted()]


async def count_all(inbox: Inbox) -> int:
    facts = [order(one.event_id, one.event_id) for one in await inbox.list_uncounted()]
    return await count(inbox, *facts)


@stored
async def test_only_what_asks_to_be_counted_is(inbox: Inbox) -> None:
    """A duplicate is not, nor what is in quarantine."""
    await inbox.accept(new("a"))
    await inbox.accept(new("b", to_count=True))
    await inbox.accept(new("b", to_count=True))
    await inbox.accept(faulty("c", to_count=True))
    assert await waiting(inbox) == ["b"]


@stored
async def test_what_leaves_the_quarantine_is_counted(inbox: Inbox) -> None:
    """Once it was validated anew, or amended."""
    one, other = [(await inbox.accept(faulty(text))).id for text in ("a", "b")]
    await inbox.accept_revalidated(one, new("a", to_count=True), now=NOW)
    await inbox.accept_amended(other, new("b, amended", to_count=True), now=NOW)
    assert sorted(await waiting(inbox)) == ["a", "b, amended"]


@stored
async def test_history_is_counted_once_somebody_asks(inbox: Inbox) -> None:
    """All that was accepted; when a gateway starts again much later, nothing anew."""
    for text in ("a", "b"):
        await inbox.accept(new(text))
    await inbox.accept(faulty("c"))
    await inbox.start_counting(sources=[SOURCE], now=NOW)
    assert await waiting(inbox) == ["a", "b"]
    assert await count_all(inbox) == 2
    await inbox.start_counting(sources=[SOURCE], now=NOW + SETTLING)
    assert await waiting(inbox) == []


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_another_process_may_not_count_yet(postgresql_url: str) -> None:
    """While gateways are brought up to date one by one, the older ones accept what they do not
    mark: that is found for a day. What came long before is counted already.
    """

    async def scenario(inbox: Inbox) -> None:
        await inbox.accept(new("long ago", at=NOW - timedelta(days=30)))
        await inbox.start_counting(sources=[SOURCE], now=NOW)
        assert await count_all(inbox) == 1
        await inbox.accept(new("by an older one", at=NOW + MINUTE))
        late = new("an import of an older one", at=NOW - timedelta(days=9), late_at=NOW)
        await accepted(inbox, late)
        await inbox.mark_missed(now=NOW + SETTLING, looked_at=NOW)
        assert await waiting(inbox) == []
        await inbox.mark_missed(now=NOW + 2 * MINUTE, looked_at=NOW)
        assert await waiting(inbox) == ["an import of an older one", "by an older one"]
        assert await count_all(inbox) == 2
        assert len((await known(inbox)).orders) == 3

    in_inbox(postgresql_url, scenario)


def test_what_was_looked_at_is_not_counted_again(postgresql_url: str) -> None:
    """Each look takes what has come since the one before, in time or late; a process that starts
    takes all since the first began.
    """

    async def scenario(inbox: Inbox) -> None:
        await inbox.start_counting(sources=[SOURCE], now=NOW)
        for hour in (1, 5):
            at = NOW + hour * HOUR
            await inbox.accept(new(f"in time, {hour}", at=at))
            await accepted(inbox, new(f"late, {hour}", at=NOW - timedelta(days=9), late_at=at))
        await inbox.mark_missed(now=NOW + 6 * HOUR, looked_at=NOW + 5 * HOUR)
        assert await waiting(inbox) == ["late, 5", "in time, 5"]
        await inbox.start_counting(sources=[SOURCE], now=NOW + 6 * HOUR)
        assert await waiting(inbox) == ["late, 1", "late, 5", "in time, 1", "in time, 5"]

    in_inbox(postgresql_url, scenario)


def test_alone_only_what_was_under_way_can_be_missed(sqlite_url: str) -> None:
    """There is no other process: an hour after it began, what was being accepted then is found,
    and later nothing is looked at again.
    """

    async def scenario(inbox: Inbox) -> None:
        await inbox.start_counting(sources=[SOURCE], now=NOW)
        await inbox.accept(new("was under way", at=NOW - MINUTE))
        await inbox.mark_missed(now=NOW + SETTLING_ALONE, looked_at=NOW)
        assert await waiting(inbox) == []
        await inbox.mark_missed(now=NOW + HOUR, looked_at=NOW)
        assert await waiting(inbox) == ["was under way"]

    in_inbox(sqlite_url, scenario)


def in_inbox(url: str, scenario: Callable[[Inbox], Awaitable[None]]) -> None:
    async def main() -> None:
        async with open_inbox(url) as inbox:
            await scenario(inbox)

    asyncio.run(main())


@stored
async def test_what_came_while_nobody_counted_is_counted_later(inbox: Inbox) -> None:
    """A mapping may stop asking for profiles, and begin again."""
    await inbox.start_counting(sources=[SOURCE], now=NOW)
    await inbox.stop_counting()
    await inbox.accept(new("a", at=LATER))
    await inbox.mark_missed(now=LATER, looked_at=NOW)
    assert await waiting(inbox) == []  # whoever begins marks all
    await inbox.start_counting(sources=[SOURCE], now=LATER + SETTLING)
    assert await waiting(inbox) == ["a"]


@stored
async def test_each_source_has_its_own_history(inbox: Inbox) -> None:
    """A second one that begins to be asked for, and one that comes back: all of theirs is marked,
    and nothing anew of the one that was counted all the time.
    """
    for source in ("first", "second"):
        await inbox.accept(new(f"of the {source}", source=source))
    await inbox.start_counting(sources=["first"], now=NOW)
    assert await waiting(inbox) == ["of the first"]
    assert await count_all(inbox) == 1
    await inbox.start_counting(sources=["first", "second"], now=LATER)
    assert await waiting(inbox) == ["of the second"]
    assert await count_all(inbox) == 1
    await inbox.stop_counting(but=["first"])
    await inbox.accept(new("of the second, in between", source="second"))
    await inbox.start_counting(sources=["first", "second"], now=LATER)
    assert await waiting(inbox) == ["of the second", "of the second, in between"]


@stored
async def test_what_cannot_be_read_holds_up_nothing(inbox: Inbox) -> None:
    """It is left alone until a gateway starts, and may go when it is old."""
    await inbox.start_counting(sources=[SOURCE], now=NOW - timedelta(days=9))
    id = (await inbox.accept(new("a", to_count=True, connectors=()))).id
    await inbox.set_aside([id])
    assert await waiting(inbox) == []
    await inbox.start_counting(sources=[SOURCE], now=NOW)
    assert await waiting(inbox) == ["a"]
    await inbox.set_aside([id])
    assert await inbox.purge_old(before=LATER, keep_uncounted=True) == 1
    await inbox.start_counting(sources=[SOURCE], now=LATER)
    assert await waiting(inbox) == []


@stored
async def test_what_is_old_stays_until_it_is_counted(inbox: Inbox) -> None:
    """Unless nobody asks for profiles. What was counted stays known."""
    for text in ("a", "b"):
        await inbox.accept(new(text, to_count=True, connectors=()))
    assert await inbox.purge_old(before=LATER, keep_uncounted=True) == 0
    assert await count_all(inbox) == 2
    assert await inbox.purge_old(before=LATER, keep_uncounted=True) == 2
    assert len((await known(inbox)).orders) == 2
    await inbox.accept(new("c", to_count=True, connectors=()))
    assert await inbox.purge_old(before=LATER) == 1
    assert await waiting(inbox) == []


@stored
async def test_what_is_counted_together_fits_into_memory(inbox: Inbox) -> None:
    """So many events, of so many bytes."""
    for number in range(MOST + 1):
        await inbox.accept(new(f"small {number}", to_count=True))
    assert len(await inbox.list_uncounted()) == MOST
    while await count_all(inbox):
        pass
    for number in range(3):
        text = json.dumps([number, "x" * (MOST_BYTES // 2)])
        await inbox.accept(new(text, ANN, to_count=True))
    assert len(await inbox.list_uncounted()) == 1
