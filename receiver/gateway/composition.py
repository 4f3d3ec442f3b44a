"""The parts of a running gateway, put together and taken apart in the right order, and exchanged
as a whole for those of another configuration.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import structlog

from receiver.alarms import StoreWatcher, open_watch
from receiver.aom import EVENTS, SourceContext
from receiver.gateway.deliveries import Deliveries, DeliveryPlan
from receiver.gateway.gateway import Gateway, LastingParts
from receiver.gateway.process_registry import ProcessRegistry
from receiver.http.guess_limiter import GuessLimiter
from receiver.inbox import Inbox, StoreUnavailable
from receiver.ingest.intake import Intake
from receiver.ingest.validation import build_validator
from receiver.jobs.retention_job import keep_purging
from receiver.jobs.status_cache import CachedStatus
from receiver.jobs.token_use_log import TokenUseLog
from receiver.mapping import RouteTable
from receiver.settings import Settings, digest_settings
from receiver.settings.mapping_document import MappingDocument
from receiver.telemetry import GatewayMetrics, hide_secrets, name_people_by

LAST_WORDS = 10.0  # seconds for an alarm that is being posted at shutdown
_ERASURE_SECONDS = 3600.0  # of one wait

App = TypeVar("App")


def utc_now() -> datetime:
    return datetime.now(UTC)


def configure_gateway(settings: Settings, lasting: LastingParts) -> Gateway:
    """All of a gateway that depends on its configuration, but for what delivers.

    Raises ConfigError where the mapping has faults.
    """
    routes, sites = RouteTable.compile(settings), sites_of(settings)
    decide = build_validator(sites, routes)
    return Gateway(
        lasting,
        settings,
        routes,
        sites,
        decide,
        Intake(settings.sources, decide, lasting.inbox, lasting.metrics, lasting.validation),
        CachedStatus(lasting.inbox, settings.connectors, lasting.now),
    )


class RunningGateway(Generic[App]):
    """A gateway that receives and delivers by the configuration in force, and by another from one
    moment to the next.

    `app` is what `build_app` makes of `current`: both are exchanged together, so that whatever is
    answered is answered by one configuration.
    """

    def __init__(
        self, lasting: LastingParts, log_key: bytes, build_app: Callable[[Gateway], App]
    ) -> None:
        self.lasting = lasting
        self.current: Gateway
        self.app: App
        self._log_key = log_key
        self._build_app = build_app
        self._deliveries = Deliveries(lasting.inbox, lasting.metrics, lasting.now)
        self._retention: asyncio.Task[None] | None = None
        self._watch: _RunningWatch | None = None
        self._closing = False

    @property
    def hung(self) -> bool:
        """A connector did not close: its threads will not end."""
        return self._deliveries.hung

    async def work_by(self, settings: Settings) -> str:
        """Receive and deliver by these settings from now on; returns their digest.

        It is done once what the former ones left behind is closed. Raises ConfigError where the
        mapping has faults or a connector cannot be opened, StoreUnavailable: then nothing has
        changed.
        """
        hide_secrets(settings.secrets())
        gateway = await asyncio.to_thread(configure_gateway, settings, self.lasting)
        plan = await self._deliveries.prepare(settings, gateway.routes, gateway.sites)
        try:
            gateway = self._with_deliveries(gateway, plan)
            app = await asyncio.to_thread(self._build_app, gateway)
            await self.lasting.inbox.stop_counting(but=gateway.routes.profiled_sources)
            mapping = await asyncio.to_thread(MappingDocument.of(settings).to_toml)
            await self.lasting.inbox.keep_mapping(mapping, now=self.lasting.now())
        except BaseException:
            await self._deliveries.abandon(plan)
            raise
        self._deliveries.switch_over(plan)
        self.current, self.app = gateway, app
        self.lasting.changes.end_all()
        if self._closing:
            gateway.intake.close()
        self.lasting.inbox.set_dedup_hours(settings.store.dedup_hours)
        self.lasting.metrics.start((), settings.sources, EVENTS)
        self._restart_retention(plan)
        await asyncio.gather(self._deliveries.finish(plan), self._restart_watch())
        return digest_settings(settings, self._log_key)

    def begin_closing(self) -> None:
        """Turn new calls away, and take no more lanes."""
        self._closing = True
        if self._retention:  # else no configuration has come into force
            self.current.intake.close()
        self._deliveries.take_no_more()
        self.lasting.changes.close()
        if self._watch:
            self._watch.watcher.tell_no_more()

    async def aclose(self) -> None:
        """Let what is under way end, but a reload: it is cut short, and nothing follows it."""
        await self.lasting.background.aclose()
        if self.lasting.reloader:
            await self.lasting.reloader.aclose()
        self.begin_closing()
        if self._retention:
            self._retention.cancel()
        watch = [self._watch.stop()] if self._watch else []
        await asyncio.gather(*watch, self._deliveries.stop())
        structlog.get_logger().info("delivery.stopped")

    def _with_deliveries(self, gateway: Gateway, plan: DeliveryPlan) -> Gateway:
        running = [
            plan.opened.get(name) or self._deliveries.running[name]
            for name in plan.settings.connectors
        ]
        return replace(
            gateway,
            connectors={one.name: one.connector for one in running},
            limiters={one.name: one.limiter for one in running},
            dispatchers=[one.dispatcher for one in running],
        )

    def _restart_retention(self, plan: DeliveryPlan) -> None:
        if self._retention:
            self._retention.cancel()
        keep = timedelta(days=self.current.settings.store.keep_days)
        self._retention = asyncio.create_task(
            keep_purging(
                self.lasting.inbox,
                keep,
                self.lasting.now,
                count=plan.profiles.count if self.current.routes.profiled_sources else None,
            ),
            name="retention",
        )

    async def _restart_watch(self) -> None:
        """The configuration is in force by now: what goes wrong is logged."""
        try:
            if self._watch:
                await self._watch.stop()
                self._watch = None
            if not self._closing:
                self._watch = await _RunningWatch.start(self.current)
        except Exception:  # noqa: BLE001 - events are received and delivered without alarms, too
            structlog.get_logger().exception("alarms.not_started")


class _RunningWatch:
    """A watch with its client for posting."""

    def __init__(self, watcher: StoreWatcher, stack: AsyncExitStack) -> None:
        self.watcher = watcher
        self._stack = stack
        self._task = asyncio.create_task(watcher.run(), name="alarms")

    @classmethod
    async def start(cls, gateway: Gateway) -> _RunningWatch | None:
        """None where no alarms are configured."""
        stack = AsyncExitStack()
        watcher = await stack.enter_async_context(
            open_watch(
                gateway.settings,
                gateway.routes,
                gateway.inbox,
                gateway.standing,
                gateway.metrics,
                gateway.now,
                own=gateway.lasting.sent_alarms,
            )
        )
        return cls(watcher, stack) if watcher else None

    async def stop(self) -> None:
        await self.watcher.stop(LAST_WORDS)
        self._task.cancel()
        await self._stack.aclose()


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


def sites_of(settings: Settings) -> dict[str, SourceContext]:
    """What reading an event needs to know of its source."""
    return {
        name: SourceContext(name, source.timezone, source.currency, source.identity)
        for name, source in settings.sources.items()
    }
