"""Opens a webhook connector for a test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from connectors.base import Context, Record, Value
from connectors.testing import Gate
from connectors.webhook import WebhookConnector
from connectors.webhook.settings import WebhookSettings
from tests.fakes.webhook import FakeReceiver

T = TypeVar("T")


def settings_for(receiver: FakeReceiver, **more: Any) -> dict[str, Any]:
    """What its table holds."""
    return {
        "type": "webhook",
        "url": receiver.url,
        "secrets": receiver.secret,
        "allow_private": True,
        **more,
    }


def with_webhook(
    receiver: FakeReceiver,
    use: Callable[[WebhookConnector], Awaitable[T]],
    *,
    timeout: float = 30,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    **settings: Any,
) -> T:
    """Open the connector to a receiver, use it, close it."""

    async def main() -> T:
        read = WebhookSettings.model_validate(settings_for(receiver, **settings))
        context = Context("hook", Gate(), Path(), timeout, now)
        connector = WebhookConnector.open(read, context)
        try:
            return await use(connector)
        finally:
            await connector.aclose()

    return asyncio.run(main())


def order(number: int = 1, **fields: Value) -> Record:
    return Record("order.placed", f"{number}", fields, event_id=f"event-{number}")
