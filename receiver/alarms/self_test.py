"""A test alarm, to see whether each receiver takes it."""

from __future__ import annotations

from datetime import datetime

from receiver.alarms.alarm import Alarm
from receiver.alarms.channel import NotPosted
from receiver.alarms.channel_factory import open_channels
from receiver.alarms.message import alarm_message
from receiver.settings import Alerts


async def post_test_alarm(
    alerts: Alerts, gateway: str | None, now: datetime
) -> dict[str, NotPosted]:
    """Send a test alarm by every channel.

    Returns those that did not take it, by their places in the configuration, and why.
    """
    message = alarm_message(Alarm("test", "test", now, reason="a test"), "test", gateway)
    failed = {}
    async with open_channels(alerts) as channels:
        for one in channels:
            try:
                await one.channel.post(message, f"msg_test_{now:%Y%m%d%H%M%S%f}")
            except NotPosted as error:
                failed[one.place] = error
    return failed
