"""The alarms that hold, and which of them are silenced."""

from __future__ import annotations

from receiver.inbox import FiringAlarm, Inbox
from tests.inbox.store import NOW, seconds, stored


@stored
async def test_what_an_operator_says_lasts_as_long_as_the_alarm(inbox: Inbox) -> None:
    """Other words of the same alarm change nothing about it; when it comes again, nothing is said
    of it.
    """
    await inbox.keep_firing_alarms({"a": "first", "b": "{}"})
    assert await inbox.acknowledge_alarm("a", now=NOW)
    assert await inbox.snooze_alarm("b", until=NOW + seconds(60))
    await inbox.keep_firing_alarms({"a": "more", "b": "{}"})
    assert await inbox.find_firing_alarms() == [
        FiringAlarm("a", "more", acknowledged_at=NOW),
        FiringAlarm("b", "{}", snoozed_until=NOW + seconds(60)),
    ]
    await inbox.keep_firing_alarms({"b": "{}"})
    await inbox.keep_firing_alarms({"a": "again"})
    assert await inbox.find_firing_alarms() == [FiringAlarm("a", "again")]


@stored
async def test_what_does_not_hold_cannot_be_silenced(inbox: Inbox) -> None:
    """That is said."""
    assert not await inbox.acknowledge_alarm("a", now=NOW)
    assert not await inbox.snooze_alarm("a", until=NOW)
