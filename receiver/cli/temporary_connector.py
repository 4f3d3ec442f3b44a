"""Opens a connector for a command, beside those of the running gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.base import Connector, Context, RateLimit
from receiver.gateway import open_connector
from receiver.settings import Settings


class _NoGate:
    """A handful of calls needs no share of the running gateway's rate."""

    async def take(self, calls: int = 1) -> None: ...

    async def learn(self, limit: RateLimit, remaining: int | None = None) -> None: ...


@asynccontextmanager
async def temporary_connector(settings: Settings, name: str) -> AsyncIterator[Connector]:
    """Open a connector for the moment that the command needs it."""
    one = settings.connectors[name]
    connector = open_connector(one, Context(name, _NoGate(), settings.directory))
    try:
        yield connector
    finally:
        await connector.aclose()
