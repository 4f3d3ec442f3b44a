"""The parts of a running gateway, put together and taken apart in the right order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import SystemRandom

import structlog

from connectors import registry
from connectors.base import Connector, ConnectorSettings, Context
from receiver.alarms import StoreWatcher, open_watch
from receiver.aom import EVENTS, SourceContext
from receiver.delivery import (
    BatchSizes,
    CircuitBreaker,
    DeliveryContext,
    DeliveryTiming,
    Dispatcher,
    EventReader,
    LaneRenderer,
    Leaders,
    Leadership,
    LoopShare,
    ProfileCounter,
    RateLimiter,
)
from receiver.delivery.redacted_connector import redact_connector
from receiver.http.guess_limiter import GuessLimiter
from receiver.inbox import Inbox
from receiver.ingest.intake import Intake
from receiver.ingest.validation import Validator, build_validator
from receiver.jobs.job_runner import JobRunner
from receiver.jobs.replay_progress import ReplayProgress
from receiver.jobs.retention_job import keep_purging
from receiver.jobs.status_cache import CachedStatus
from receiver.mapping import RouteTable
from receiver.settings import Settings, connector_secrets
from receiver.telemetry import GatewayMetrics, name_people_by
from receiver.telemetry.worker_metrics import WorkerMetrics

# what deliveries under way get at shutdown; with all else it stays under the 30 s of orchestrators
GRACE = timedelta(seconds=18)
LAST_WORDS = 10.0  # seconds for an alarm that is being posted at shutdown
CLOSING = 5.0  # seconds that a connector gets to close


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Gateway:
    """Everything that HTTP and the command line speak to."""

    settings: Settings
    routes: RouteTable
    sites: Mapping[str, SourceContext]
    inbox: Inbox
    metrics: GatewayMetrics
    validate_call: Validator
    intake: Intake
    standing: CachedStatus
    now: Callable[[], datetime]
    guesses: GuessLimiter  # of the admin token, by any way in
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    limiters: Mapping[str, RateLimiter] = field(default_factory=dict)
    dispatchers: list[Dispatcher] = field(default_factory=list)
    watch: StoreWatcher | None = None
    replays: ReplayProgress = field(default_factory=ReplayProgress)
    background: JobRunner = field(default_factory=JobRunner)
    workers: WorkerMetrics | None = None  # where this process is one of several
    hung: bool = False  # a connector did not close: its threads will not end

    def begin_closing(self) -> None:
        """Turn new calls away, and take no more lanes."""
        self.intake.close()
        for dispatcher in self.dispatchers:
            dispatcher.take_no_more()
        if self.watch:
            self.watch.tell_no_more()


@asynccontextmanager
async def open_gateway(
    settings: Settings, now: Callable[[], datetime] = utc_now
) -> AsyncIterator[Gateway]:
    """Open store and connectors and deliver until the block ends.

    Raises StoreUnavailable where the store cannot be opened.
    """
    async with open_store(settings, now) as gateway, AsyncExitStack() as stack:
        gateway.limiters = {
            name: RateLimiter(one.rate_limit) for name, one in settings.connectors.items()
        }
        gateway.connectors = open_connectors(settings, gateway.limiters, now)
        for name, connector in gateway.connectors.items():
            stack.push_async_callback(_close, gateway, name, connector)
        profiled = bool(gateway.routes.profiled_sources)
        shared = len(gateway.connectors) > 1 or profiled
        reader, leaders = EventReader(gateway.sites, shared=shared), Leaders()
        share = LoopShare(gateway.inbox.is_accepting)
        stack.callback(reader.close)
        profiles = ProfileCounter(gateway.inbox, reader, now, share)
        if not profiled:
            await gateway.inbox.stop_counting()
        gateway.dispatchers = [
            _dispatcher(gateway, name, reader, leaders, profiles, share)
            for name in gateway.connectors
        ]
        retention = asyncio.create_task(
            keep_purging(
                gateway.inbox,
                timedelta(days=settings.store.keep_days),
                now,
                count=profiles.count if profiled else None,
            ),
            name="retention",
        )
        stack.callback(retention.cancel)
        running = [
            asyncio.create_task(dispatcher.run(), name=f"dispatcher {dispatcher.name}")
            for dispatcher in gateway.dispatchers
        ]
        watching = open_watch(
            settings, gateway.routes, gateway.inbox, gateway.standing, gateway.metrics, now
        )
        if watch := await stack.enter_async_context(watching):
            gateway.watch = watch
            stack.callback(asyncio.create_task(watch.run(), name="alarms").cancel)
        stack.push_async_callback(_stop, gateway, running)
        stack.push_async_callback(gateway.background.aclose)
        yield gateway


@asynccontextmanager
async def open_store(
    settings: Settings, now: Callable[[], datetime] = utc_now
) -> AsyncIterator[Gateway]:
    """A gateway that keeps and shows events and delivers none.

    Raises StoreUnavailable where the store cannot be opened.
    """
    routes = RouteTable.compile(settings)
    store = settings.store
    inbox = await Inbox.open(store.url, dedup_hours=store.dedup_hours, max_wal_mb=store.max_wal_mb)
    try:
        name_people_by(await inbox.log_key())
        sites, metrics = sites_of(settings), GatewayMetrics()
        metrics.start(settings.connectors, settings.sources, EVENTS)
        decide = build_validator(sites, routes)
        intake = Intake(settings.sources, decide, inbox, metrics)
        standing = CachedStatus(inbox, settings.connectors, now)
        yield Gateway(
            settings,
            routes,
            sites,
            inbox,
            metrics,
            decide,
            intake,
            standing,
            now,
            GuessLimiter(now),
        )
    finally:
        await inbox.aclose()


async def _stop(gateway: Gateway, running: Sequence[asyncio.Task[None]]) -> None:
    gateway.begin_closing()
    last_words = [gateway.watch.stop(LAST_WORDS)] if gateway.watch else []
    await asyncio.gather(
        *last_words, *(dispatcher.stop(GRACE) for dispatcher in gateway.dispatchers)
    )
    await asyncio.gather(*running)
    structlog.get_logger().info("delivery.stopped")


async def _close(gateway: Gateway, name: str, connector: Connector) -> None:
    try:
        async with asyncio.timeout(CLOSING):
            await connector.aclose()
    except TimeoutError:
        gateway.hung = True
        structlog.get_logger().error("connector.hangs", connector=name, seconds=CLOSING)


def open_connectors(
    settings: Settings, limiters: Mapping[str, RateLimiter], now: Callable[[], datetime]
) -> dict[str, Connector]:
    """The configured connectors by name. None of them calls its CRM yet."""
    return {
        name: open_connector(
            one, Context(name, limiters[name], settings.directory, one.timeout_seconds, now)
        )
        for name, one in settings.connectors.items()
    }


def open_connector(settings: ConnectorSettings, context: Context) -> Connector:
    """A connector by its settings, in whose words its secrets do not stand."""
    return redact_connector(
        registry.load(settings.type).open(settings, context), connector_secrets(settings)
    )


def sites_of(settings: Settings) -> dict[str, SourceContext]:
    """What reading an event needs to know of its source."""
    return {
        name: SourceContext(name, source.timezone, source.currency, source.identity)
        for name, source in settings.sources.items()
    }


def _dispatcher(
    gateway: Gateway,
    name: str,
    reader: EventReader,
    leaders: Leaders,
    profiles: ProfileCounter,
    share: LoopShare,
) -> Dispatcher:
    settings, limiter, random = gateway.settings, gateway.limiters[name], SystemRandom()
    configured, connector = settings.connectors[name], gateway.connectors[name]
    leadership = Leadership(
        gateway.inbox,
        name,
        leaders,
        gateway.now,
        timeout=configured.timeout_seconds,
        lease=timedelta(seconds=settings.delivery.lease_seconds),
    )
    limiter.before_call = leadership.cover
    most = min(connector.limits.records, configured.batch_size or connector.limits.records)
    context = DeliveryContext(
        name,
        connector,
        gateway.inbox,
        LaneRenderer(name, reader, gateway.routes, profiles=profiles),
        gateway.metrics,
        CircuitBreaker(gateway.inbox, name, gateway.metrics, gateway.now, random),
        leadership,
        limiter,
        BatchSizes(most, structlog.get_logger().bind(connector=name)),
        timing=DeliveryTiming(
            timedelta(hours=settings.delivery.give_up_after_hours), configured.timeout_seconds
        ),
        now=gateway.now,
        random=random,
        share=share,
    )
    return Dispatcher(context)
