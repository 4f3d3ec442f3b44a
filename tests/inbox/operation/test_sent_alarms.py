"""Which alarms were told."""

from __future__ import annotations

from receiver.inbox import Inbox, SentAlarm
from tests.inbox.store import NOW, seconds, stored


@stored
async def test_what_was_told_is_kept_until_it_is_over(inbox: Inbox) -> None:
    """Once for each key, with the latest words; to forget what is not there does no harm."""
    await inbox.keep_sent_alarm("b", "{}", now=NOW)
    await inbox.keep_sent_alarm("a", "first", now=NOW)
    await inbox.keep_sent_alarm("a", "again", now=NOW + seconds(60))
    assert await inbox.find_sent_alarms() == [
        SentAlarm("a", "again", NOW + seconds(60)),
        SentAlarm("b", "{}", NOW),
    ]
    await inbox.forget_sent_alarm("a")
    await inbox.forget_sent_alarm("a")
    assert await inbox.find_sent_alarms() == [SentAlarm("b", "{}", NOW)]
