"""What `check --test-alert` does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from receiver.alarms import NotPosted, post_test_alarm
from receiver.settings import ConfigFault, Settings
from receiver.text.redaction import Redaction


def check_alarms(settings: Settings) -> list[ConfigFault]:
    """Post a test alarm; a fault where nobody took it."""
    if settings.alerts is None or settings.alerts.url is None:
        return [
            ConfigFault(
                "alerts.url",
                "is not set: there is nowhere to post alarms",
                'add [alerts] with url = "${SLACK_WEBHOOK}"',
            )
        ]
    try:
        asyncio.run(post_test_alarm(settings.alerts, settings.server.public_url, datetime.now(UTC)))
    except NotPosted as error:
        return [
            ConfigFault(
                "alerts.url",
                f"a test alarm was not taken: {Redaction(settings.secrets()).redact(str(error))}",
            )
        ]
    return []
