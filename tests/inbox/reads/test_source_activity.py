"""What a source has sent, on both databases."""

from __future__ import annotations

import asyncio

from receiver.inbox import Inbox
from receiver.inbox.reads.source_activity import AMONG
from tests.inbox.store import NOW, faulty, new, seconds, stored

NAMES = ("order.placed", "account.created", "quiz.submitted")


@stored
async def test_the_last_event_of_each_name(inbox: Inbox) -> None:
    """Of this source alone; a name that it never sent is left out."""
    await inbox.accept(new("first", at=NOW))
    second = await inbox.accept(new("second", at=NOW + seconds(1)))
    account = await inbox.accept(new("account", name="account.created", at=NOW - seconds(60)))
    await inbox.accept(new("other", name="quiz.submitted", source="shelbyville"))
    assert await inbox.find_last_events("springfield", NAMES) == {
        "order.placed": (second.id, NOW + seconds(1)),
        "account.created": (account.id, NOW - seconds(60)),
    }
    assert await inbox.find_last_events("nowhere", NAMES) == {}


@stored
async def test_what_is_rare_is_found_behind_many_others(inbox: Inbox) -> None:
    """An event of another name than the newest of the source, and a source among larger ones."""
    rare = await inbox.accept(new("rare", name="quiz.submitted", at=NOW - seconds(9000)))
    quiet = await inbox.accept(new("quiet", source="quiet", at=NOW - seconds(9000)))
    many = (new(f"{number}", at=NOW + seconds(number)) for number in range(AMONG + 1))
    await asyncio.gather(*map(inbox.accept, many))
    assert (await inbox.find_last_events("springfield", NAMES))["quiz.submitted"][0] == rare.id
    assert (await inbox.find_last_events("quiet", NAMES))["order.placed"][0] == quiet.id


@stored
async def test_events_are_counted_by_period(inbox: Inbox) -> None:
    """Whatever became of them, but of this source; an end is no part of its period."""
    await inbox.accept(new("one", at=NOW))
    await inbox.accept(faulty("two"))
    await inbox.accept(new("three", at=NOW + seconds(60)))
    await inbox.accept(new("other", source="shelbyville"))
    periods = [(NOW, NOW + seconds(60)), (NOW + seconds(60), NOW + seconds(120))]
    assert await inbox.count_source_events("springfield", periods) == [2, 1]
    assert await inbox.count_source_events("springfield", []) == []


@stored
async def test_quarantine_of_one_source_by_reason(inbox: Inbox) -> None:
    """The largest group first."""
    for number in range(2):
        await inbox.accept(faulty(f"{number}"))
    groups = await inbox.list_source_groups("springfield")
    assert [(one.where, one.count) for one in groups] == [("springfield", 2)]
    assert await inbox.list_source_groups("shelbyville") == []
