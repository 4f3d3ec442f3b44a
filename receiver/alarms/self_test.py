"""A test alarm, to see whether the receiver takes it."""

from __future__ import annotations

from datetime import datetime

from receiver.alarms.alarm import Alarm
from receiver.alarms.message import alarm_message
from receiver.alarms.webhook_client import WebhookClient
from receiver.settings import Alerts


async def post_test_alarm(alerts: Alerts, gateway: str | None, now: datetime) -> None:
    """Post a test alarm. Raises NotPosted."""
    async with WebhookClient.of(alerts) as poster:
        await poster.post(
            alarm_message(Alarm("test", "test", now, reason="a test"), "test", gateway)
        )
