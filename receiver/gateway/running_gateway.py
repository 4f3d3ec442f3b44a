"""A gateway that receives and delivers, and exchanges its parts as a whole for those of another
configuration.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Generic, TypeVar

import structlog

from receiver.aom import EVENTS
from receiver.gateway.deliveries import Deliveries, DeliveryPlan
from receiver.gateway.gateway import Gateway, LastingParts
from receiver.gateway.gateway_factory import configure_gateway
from receiver.gateway.running_watch import RunningWatch
from receiver.jobs.retention_job import keep_purging
from receiver.settings import Settings, digest_settings
from receiver.settings.mapping_document import MappingDocument
from receiver.telemetry import hide_secrets

App = TypeVar("App")


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
        self._watch: RunningWatch | None = None
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
        except BaseException:  # cancelled, too: what the plan has opened is nobody else's
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
                self._watch = await RunningWatch.start(self.current)
        except Exception:  # noqa: BLE001 - events are received and delivered without alarms, too
            structlog.get_logger().exception("alarms.not_started")
