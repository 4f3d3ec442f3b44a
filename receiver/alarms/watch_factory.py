"""Puts the watch of a gateway together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from receiver.alarms.alarm_sender import BACKOFF, AlarmSender
from receiver.alarms.channel_factory import open_channels
from receiver.alarms.person_redaction import PersonRedaction
from receiver.alarms.sent_log import MemorySentLog
from receiver.alarms.watch import StoreWatcher, WatchTiming
from receiver.delivery.limits.backoff import Backoff
from receiver.inbox import Inbox
from receiver.jobs.status_cache import CachedStatus
from receiver.mapping import RouteTable
from receiver.settings import Settings
from receiver.settings.gateway_urls import console_url
from receiver.telemetry import GatewayMetrics


@asynccontextmanager
async def open_watch(
    settings: Settings,
    routes: RouteTable,
    inbox: Inbox,
    standing: CachedStatus,
    metrics: GatewayMetrics,
    now: Callable[[], datetime],
    *,
    own: MemorySentLog | None = None,
    timing: WatchTiming | None = None,
    backoff: Backoff = BACKOFF,
) -> AsyncIterator[StoreWatcher | None]:
    """A watch to `run`; None where no alarms are configured.

    `own`: what a watch of this process before has told of the store itself.
    """
    if settings.alerts is None or not settings.alerts.targets():
        yield None
        return
    redaction = PersonRedaction(settings.secrets(), _words(settings, routes))
    async with open_channels(settings.alerts) as channels:
        senders = [
            AlarmSender(
                one, metrics, settings.server.public_url, backoff, console=console_url(settings)
            )
            for one in channels
        ]
        yield StoreWatcher(
            standing,
            inbox,
            senders,
            metrics,
            settings.alerts,
            _silent_after(settings),
            redaction,
            now,
            timing or WatchTiming(),
            own or MemorySentLog(),
        )


def _silent_after(settings: Settings) -> dict[str, timedelta]:
    return {
        name: timedelta(hours=float(source.silent_hours))
        for name, source in settings.sources.items()
        if source.silent_hours is not None
    }


def _words(settings: Settings, routes: RouteTable) -> frozenset[str]:
    """The names of objects and fields that the mapping writes: they are nobody's personal data."""
    needs = [need for name in settings.connectors for need in routes.needs(name)]
    return frozenset({need.object for need in needs}.union(*(need.fields for need in needs)))
