"""Which alarms were told."""

from __future__ import annotations

from receiver.inbox import Inbox, SentAlarm
from tests.inbox.store import NOW, seconds, stored


@stored
async def test_what_was_told_is_kept_until_it_is_over(inbox: Inbox) -> None:
    """Once for each key, with the latest words; to forget what is not there does no harm."""
    await inbox.sent_alarms.keep("b", "{}", now=NOW)
    await inbox.sent_alarms.keep("a", "first", now=NOW)
    await inbox.sent_alarms.keep("a", "again", now=NOW + seconds(60))
    assert await inbox.sent_alarms.find() == [
        SentAlarm("a", "again", NOW + seconds(60)),
        SentAlarm("b", "{}", NOW),
    ]
    await inbox.sent_alarms.forget("a")
    await inbox.sent_alarms.forget("a")
    assert await inbox.sent_alarms.find() == [SentAlarm("b", "{}", NOW)]
