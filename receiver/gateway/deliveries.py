"""The connectors of a running gateway and what delivers to each: opened, exchanged, closed in
order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Final

import structlog

from connectors import registry
from connectors.base import Connector, ConnectorSettings, Context
from receiver.aom import SourceContext
from receiver.config_errors import ConfigError, ConfigFault
from receiver.delivery import (
    AccountGuard,
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
from receiver.delivery.redacted_connector import redact_connector, redact_errors
from receiver.inbox import Inbox
from receiver.mapping import RouteTable
from receiver.settings import Settings, connector_secrets
from receiver.telemetry import GatewayMetrics

# what deliveries under way get at shutdown; with all else it stays under the 30 s of orchestrators
GRACE: Final = timedelta(seconds=18)
CLOSING: Final = 5.0  # seconds that a connector gets to close


@dataclass(slots=True)
class ConnectorDelivery:
    """One connector, opened, with the dispatcher that delivers to it once it is started."""

    name: str
    connector: Connector
    limiter: RateLimiter
    dispatcher: Dispatcher
    task: asyncio.Task[None] | None = None
    hung: bool = False  # it did not close: its threads will not end
    _ending: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Deliver, for as long as this process leads the connector."""
        self.task = asyncio.create_task(
            self.dispatcher.run(), name=f"dispatcher {self.dispatcher.name}"
        )

    async def stop(self) -> None:
        """Let calls under way end, give the lead back, and only then close the client.

        However often it is called, it is done once. What goes wrong is logged, and stops nobody
        who comes after it.
        """
        if self._ending is None:
            self._ending = asyncio.create_task(self._stop())
        await asyncio.shield(self._ending)

    async def _stop(self) -> None:
        try:
            await self.dispatcher.stop(GRACE)
            if self.task:
                await self.task
        except Exception:  # noqa: BLE001 - the client is closed all the same
            structlog.get_logger().exception("delivery.not_stopped", connector=self.name)
        await self.close()

    async def close(self) -> None:
        """Close the client. What it raises is logged."""
        try:
            async with asyncio.timeout(CLOSING):
                await self.connector.aclose()
        except TimeoutError:
            self.hung = True
            structlog.get_logger().error("connector.hangs", connector=self.name, seconds=CLOSING)
        except Exception:  # noqa: BLE001 - whatever a connector raises, it is used no more
            structlog.get_logger().exception("connector.not_closed", connector=self.name)


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """What is to deliver by a configuration: those that go on as they are, with their new
    renderers, and those that were opened for it.
    """

    settings: Settings
    reader: EventReader
    profiles: ProfileCounter
    going_on: Mapping[str, LaneRenderer]
    opened: Mapping[str, ConnectorDelivery]


@dataclass(slots=True)
class Deliveries:
    """All deliveries of this process.

    `prepare` those of a configuration, `switch_over` to them, and `finish` with the former ones, or
    `abandon` them.
    """

    inbox: Inbox
    metrics: GatewayMetrics
    now: Callable[[], datetime]
    running: dict[str, ConnectorDelivery] = field(default_factory=dict)
    hung: bool = False  # a connector did not close
    _leaving: list[ConnectorDelivery] = field(default_factory=list)
    _settings: Settings | None = None  # of those that run
    _reader: EventReader = field(default_factory=lambda: EventReader({}))
    _leaders: Leaders = field(default_factory=Leaders)
    _share: LoopShare = field(init=False)
    _closing: bool = False

    def __post_init__(self) -> None:
        self._share = LoopShare(self.inbox.is_accepting)

    async def prepare(
        self, settings: Settings, routes: RouteTable, sites: Mapping[str, SourceContext]
    ) -> DeliveryPlan:
        """Open what is new or has other settings; what runs is not touched.

        Raises ConfigError where a connector cannot be opened.
        """
        shared = len(settings.connectors) > 1 or bool(routes.profiled_sources)
        reader = self._reader.with_sites(sites, shared=shared)
        profiles = ProfileCounter(
            self.inbox, reader, routes.profiled_sources, self.now, self._share
        )
        going_on = {
            name: LaneRenderer(name, reader, routes, profiles=profiles)
            for name in settings.connectors
            if name in self.running and self._is_same(name, settings)
        }
        opened: dict[str, ConnectorDelivery] = {}
        faults = []
        for name in settings.connectors.keys() - going_on.keys():
            try:
                renderer = LaneRenderer(name, reader, routes, profiles=profiles)
                opened[name] = self._open(name, settings, renderer)
            except Exception as error:  # noqa: BLE001 - a connector may raise whatever
                structlog.get_logger().exception("connector.not_opened", connector=name)
                words = f"cannot be opened: {error or type(error).__name__}"
                faults.append(ConfigFault(f"connectors.{name}", words))
        if faults:
            await self._close(opened.values())
            raise ConfigError(faults)
        return DeliveryPlan(settings, reader, profiles, going_on, opened)

    async def abandon(self, plan: DeliveryPlan) -> None:
        """Close what was opened for a plan that will not come into force."""
        await self._close(plan.opened.values())

    def switch_over(self, plan: DeliveryPlan) -> None:
        """From now on lanes are taken by the plan alone.

        Batches under way end as they began. Nothing is awaited: there is no time in between.
        """
        for name, renderer in plan.going_on.items():
            self.running[name].dispatcher.render_with(renderer)
        leaving = [one for name, one in self.running.items() if name not in plan.going_on]
        for one in leaving:
            one.dispatcher.take_no_more()
        self._leaving += leaving
        self.running = {
            name: plan.opened.get(name) or self.running[name] for name in plan.settings.connectors
        }
        self._settings, self._reader = plan.settings, plan.reader

    async def finish(self, plan: DeliveryPlan) -> None:
        """Stop what was left, and start what was opened, each once its predecessor has ended."""
        left = {one.name: one for one in self._leaving}
        await asyncio.gather(
            *(
                self._succeed(left.get(name), plan.opened.get(name))
                for name in {**left, **plan.opened}
            )
        )

    async def _succeed(
        self, before: ConnectorDelivery | None, after: ConnectorDelivery | None
    ) -> None:
        if before:
            await before.stop()
            self.hung |= before.hung
            if before in self._leaving:
                self._leaving.remove(before)
            self.metrics.set_paused(before.name, None)
        if after and not self._closing:
            self.metrics.start([after.name])
            after.start()

    def take_no_more(self) -> None:
        """Let batches under way go on, and start none."""
        self._closing = True
        for one in self.running.values():
            one.dispatcher.take_no_more()

    async def stop(self) -> None:
        """Let all batches under way end, and close all connectors."""
        self.take_no_more()
        ending = [*self.running.values(), *self._leaving]
        await asyncio.gather(*(one.stop() for one in ending))
        self.hung |= any(one.hung for one in ending)
        self._reader.close()

    async def _close(self, opened: Iterable[ConnectorDelivery]) -> None:
        await asyncio.gather(*(one.close() for one in opened))

    def _is_same(self, name: str, settings: Settings) -> bool:
        before = self._settings
        return (
            before is not None
            and before.connectors.get(name) == settings.connectors[name]
            and before.delivery == settings.delivery
        )

    def _open(self, name: str, settings: Settings, renderer: LaneRenderer) -> ConnectorDelivery:
        configured, before, random = (
            settings.connectors[name],
            self.running.get(name),
            SystemRandom(),
        )
        limiter = RateLimiter(configured.rate_limit, calls=before.limiter.calls if before else 0)
        place = Context(name, limiter, settings.directory, configured.timeout_seconds, self.now)
        connector = open_connector(configured, place)
        leadership = Leadership(
            self.inbox,
            name,
            self._leaders,
            self.now,
            timeout=configured.timeout_seconds,
            lease=timedelta(seconds=settings.delivery.lease_seconds),
        )
        limiter.before_call = leadership.cover
        most = min(connector.limits.records, configured.batch_size or connector.limits.records)
        mended_at = self.now() if before else None
        context = DeliveryContext(
            name,
            connector,
            self.inbox,
            renderer,
            self.metrics,
            CircuitBreaker(self.inbox, name, self.metrics, self.now, random, mended_at=mended_at),
            AccountGuard(self.inbox, name, configured.type, connector),
            leadership,
            limiter,
            BatchSizes(most, structlog.get_logger().bind(connector=name)),
            timing=DeliveryTiming(
                timedelta(hours=settings.delivery.give_up_after_hours), configured.timeout_seconds
            ),
            now=self.now,
            random=random,
            share=self._share,
            dry_run=configured.dry_run,
        )
        return ConnectorDelivery(name, connector, limiter, Dispatcher(context))


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
    """A connector by its settings, in whose words its secrets do not stand, nor in those of the
    error where it cannot be opened.
    """
    secrets = connector_secrets(settings)
    with redact_errors(secrets):
        connector = registry.load(settings.type).open(settings, context)
    return redact_connector(connector, secrets)
