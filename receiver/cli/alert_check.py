"""What `check --test-alert` does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from receiver.alarms import post_test_alarm
from receiver.settings import ConfigFault, Settings
from receiver.text.redaction import Redaction


def check_alarms(settings: Settings) -> list[ConfigFault]:
    """Send a test alarm by every channel; a fault for each that nobody took."""
    if settings.alerts is None or not settings.alerts.targets():
        return [
            ConfigFault(
                "alerts.url",
                "is not set: there is nowhere to post alarms",
                'add [alerts] with url = "${SLACK_WEBHOOK}", or urls = ["mailto://…"]',
            )
        ]
    failed = asyncio.run(
        post_test_alarm(settings.alerts, settings.server.public_url, datetime.now(UTC))
    )
    redaction = Redaction(settings.secrets())
    return [
        ConfigFault(place, f"a test alarm was not taken: {redaction.redact(str(error))}")
        for place, error in failed.items()
    ]
