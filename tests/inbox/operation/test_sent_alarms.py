"""Which alarms were told."""

from __future__ import annotations

from receiver.inbox import Inbox, SentAlarm
from tests.inbox.store import NOW, seconds, stored


@stored
async def test_what_was_told_is_kept_until_it_is_over(inbox: Inbox) -> None:
    """Once for each key, with the latest words; to forget what is not there does no harm."""
    await inbox.keep_told("b", "{}", now=NOW)
    await inbox.keep_told("a", "first", now=NOW)
    await inbox.keep_told("a", "again", now=NOW + seconds(60))
    assert await inbox.told() == [SentAlarm("a", "again", NOW + seconds(60)), SentAlarm("b", "{}", NOW)]
    await inbox.forget_told("a")
    await inbox.forget_told("a")
    assert await inbox.told() == [SentAlarm("b", "{}", NOW)]
