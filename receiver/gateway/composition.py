"""Opens a gateway and closes it: its parts, put together and taken apart in the right order."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from receiver.aom import EVENTS
from receiver.gateway.gateway import Gateway, LastingParts
from receiver.gateway.gateway_factory import configure_gateway
from receiver.gateway.process_registry import ProcessRegistry
from receiver.gateway.running_gateway import App, RunningGateway
from receiver.http.guess_limiter import GuessLimiter
from receiver.inbox import Inbox, StoreUnavailable
from receiver.jobs.token_use_log import TokenUseLog
from receiver.settings import Settings
from receiver.telemetry import GatewayMetrics, name_people_by

_ERASURE_SECONDS = 3600.0  # of one wait


def utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def open_gateway(
    settings: Settings,
    build_app: Callable[[Gateway], App],
    now: Callable[[], datetime] = utc_now,
    *,
    parent: int | None = None,
) -> AsyncIterator[RunningGateway[App]]:
    """Open store and connectors and deliver until the block ends.

    `parent`: the process that started this one as one of several workers. Raises ConfigError where
    a connector cannot be opened, StoreUnavailable where the store cannot.
    """
    async with _open_lasting(settings, now) as (lasting, log_key):
        running = RunningGateway(lasting, log_key, build_app)
        lasting.metrics.start((), settings.sources, EVENTS)
        await lasting.inbox.forget_dead_processes()
        if parent is not None:
            lasting.processes.join(parent)
        try:
            await lasting.processes.work_by(await running.work_by(settings))
            async with (
                _beside("processes", lasting.processes.run()),
                _beside("erasures", _note_erasures(lasting)),
                _beside("token uses", lasting.token_uses.run()),
            ):
                yield running
        finally:
            await running.aclose()
            with suppress(StoreUnavailable):  # a use that nobody will hear of
                await lasting.token_uses.flush()
            await lasting.processes.withdraw()


@asynccontextmanager
async def _beside(name: str, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do what never ends for as long as the block takes."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _note_erasures(lasting: LastingParts) -> None:
    """Those of other processes too."""
    while True:
        if await lasting.inbox.wait_for_erasure(_ERASURE_SECONDS):
            lasting.note_erasure()


@asynccontextmanager
async def open_store(
    settings: Settings, now: Callable[[], datetime] = utc_now
) -> AsyncIterator[Gateway]:
    """A gateway that keeps and shows events and delivers none.

    Raises StoreUnavailable where the store cannot be opened.
    """
    async with _open_lasting(settings, now) as (lasting, _):
        lasting.metrics.start(settings.connectors, settings.sources, EVENTS)
        yield configure_gateway(settings, lasting)


@asynccontextmanager
async def _open_lasting(
    settings: Settings, now: Callable[[], datetime]
) -> AsyncIterator[tuple[LastingParts, bytes]]:
    """What depends on the store alone, with the installation's key."""
    store = settings.store
    inbox = await Inbox.open(store.url, dedup_hours=store.dedup_hours, max_wal_mb=store.max_wal_mb)
    try:
        log_key = await inbox.log_key()
        name_people_by(log_key)
        registry = ProcessRegistry(inbox, now)
        session_key = hmac.digest(log_key, b"console sessions", "sha256")
        uses = TokenUseLog(inbox, log_key)
        lasting = LastingParts(
            inbox, GatewayMetrics(), now, GuessLimiter(now), registry, session_key, uses
        )
        yield lasting, log_key
    finally:
        await inbox.aclose()
