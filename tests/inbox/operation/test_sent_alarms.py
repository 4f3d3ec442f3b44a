"""Which alarms were told by which channel."""

from __future__ import annotations

from receiver.inbox import Inbox, SentAlarm
from tests.inbox.store import NOW, seconds, stored


@stored
async def test_what_was_told_is_kept_until_it_is_over(inbox: Inbox) -> None:
    """Once for each key, with the latest words; to forget what is not there does no harm."""
    await inbox.keep_sent_alarm("mail", "b", "{}", now=NOW)
    await inbox.keep_sent_alarm("mail", "a", "first", now=NOW)
    await inbox.keep_sent_alarm("mail", "a", "again", now=NOW + seconds(60))
    assert await inbox.find_sent_alarms("mail") == [
        SentAlarm("a", "again", NOW + seconds(60)),
        SentAlarm("b", "{}", NOW),
    ]
    await inbox.forget_sent_alarm("mail", "a")
    await inbox.forget_sent_alarm("mail", "a")
    assert await inbox.find_sent_alarms("mail") == [SentAlarm("b", "{}", NOW)]


@stored
async def test_each_channel_has_its_own(inbox: Inbox) -> None:
    """What one has told, another has not; those that are no more are forgotten."""
    await inbox.keep_sent_alarm("mail", "a", "{}", now=NOW)
    assert await inbox.find_sent_alarms("chat") == []
    await inbox.forget_sent_alarm("chat", "a")
    await inbox.keep_sent_alarm("chat", "a", "{}", now=NOW)
    await inbox.keep_sent_alarm("mail", "b", "{}", now=NOW)
    await inbox.hand_over_channels(to=["chat"])
    assert await inbox.find_sent_alarms("mail") == []
    told = [SentAlarm("a", "{}", NOW), SentAlarm("b", "{}", NOW)]
    assert await inbox.find_sent_alarms("chat") == told
