"""The gateway's Prometheus metrics: their names, labels and texts, and how each is counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from itertools import product
from platform import python_version

from prometheus_client import Counter

from receiver.telemetry.metric_registry import Figure, MetricRegistry

_KINDS = ("auth", "misconfigured", "throttled", "unavailable", "operator")

TURNED_AWAY: Mapping[str, str] = {
    "token": "the source's token is wrong",
    "admin_token": "the operator's token is wrong",
    "too_large": "the body is larger than `server.max_body_bytes`",
    "limit": "the source sends more than its `limit`",
    "store": "the store cannot be written, or the gateway shuts down",
    "cut_off": "the body ended early",
    "connections": "there are as many connections as the gateway can serve",
    "head": "the head of the request is too large",
    "slow": "the request came too slowly",
    "not_http": "it is no HTTP request",
}
"""Why a call was not kept: the label `reason` of `requests_turned_away`, with what it means."""


class _IntakeMetrics:
    """What becomes of the calls that come in."""

    def __init__(self, registry: MetricRegistry) -> None:
        self.events = registry.counter(
            "events", "Authenticated calls by what became of them", "source", "event", "outcome"
        )
        self.turned_away = registry.counter(
            "requests_turned_away", "Calls that were not kept", "reason"
        )
        self.disagreements = registry.counter(
            "recognition_disagreements", "Events whose URL and content disagree", "source", "event"
        )
        self.drift = registry.counter(
            "unknown_keys", "Keys that no schema knows", "source", "event"
        )
        self.unreadable = registry.counter(
            "unreadable_values",
            "Values in accepted events that no schema understands, and people left out",
            "source",
            "event",
        )
        self.accept_seconds = registry.histogram(
            "accept_seconds", "From the body's end to the answer"
        )


class _DeliveryMetrics:
    """What becomes of deliveries, of the calls that they make, and of alarms."""

    def __init__(self, registry: MetricRegistry) -> None:
        self.deliveries = registry.counter(
            "deliveries", "Deliveries by outcome", "connector", "outcome"
        )
        self.defects = registry.counter(
            "connector_defects", "Errors that a connector should not have raised", "connector"
        )
        self.leadership_lost = registry.counter(
            "leadership_lost",
            "Lanes that were under way when another process had taken over",
            "connector",
        )
        self.superseded = registry.counter(
            "records_superseded",
            "Records with fields left as a newer event had set them",
            "connector",
        )
        self.attempt_seconds = registry.histogram(
            "attempt_seconds", "From claim to outcome, per lane", "connector", "outcome"
        )
        self.calls = registry.counter(
            "connector_calls", "Calls that this process was allowed to make of the CRM", "connector"
        )
        self.calls_waiting = registry.gauge(
            "connector_calls_waiting",
            "Calls of this process that wait for the rate limit",
            "connector",
        )
        self.allowed = registry.gauge(
            "connector_calls_allowed_per_second",
            "The rate limit that all processes share",
            "connector",
        )
        self.alarms = registry.counter(
            "alarms", "Messages to the receiver of alarms by outcome", "outcome"
        )


class _BacklogMetrics:
    """What waits, and what it waits for."""

    def __init__(self, registry: MetricRegistry) -> None:
        self.paused = registry.gauge(
            "connector_paused",
            "1 while a connector is paused for this reason",
            "connector",
            "reason",
        )
        self.pending = registry.gauge("deliveries_pending", "Deliveries that wait", "connector")
        self.waiting = registry.gauge(
            "connector_people_waiting",
            "People who are tried again; 1000 where there are more",
            "connector",
        )
        self.held_back = registry.gauge(
            "connector_held_back",
            "1 while a rule of the CRM's account holds people back",
            "connector",
        )
        self.dead = registry.gauge(
            "deliveries_dead", "Deliveries that wait for an operator", "connector"
        )
        self.connector_oldest = registry.gauge(
            "connector_oldest_pending_seconds", "Age of the oldest delivery that waits", "connector"
        )
        self.quarantined = registry.gauge("events_quarantined", "Events that wait for an operator")
        self.oldest = registry.gauge(
            "oldest_pending_seconds", "Age of the oldest delivery that waits, of all connectors"
        )


class _StoreMetrics:
    """How the store is."""

    def __init__(self, registry: MetricRegistry) -> None:
        self.writable = registry.gauge(
            "store_writable", "1 while events can be kept and no damage is known"
        )
        self.damaged = registry.gauge(
            "store_damaged", "1 once a damaged page was met in the SQLite file, until a restart"
        )
        self.log_bytes = registry.gauge("store_log_bytes", "Size of SQLite's write-ahead log")


class GatewayMetrics:
    """Every figure that the gateway counts, by the names that `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = MetricRegistry()
        self._intake = _IntakeMetrics(self.registry)
        self._delivery = _DeliveryMetrics(self.registry)
        self._backlog = _BacklogMetrics(self.registry)
        self._store = _StoreMetrics(self.registry)
        self.registry.gauge("build_info", "The version that runs", "version", "python").labels(
            version("aom-gateway"), python_version()
        ).set(1)
        self.registry.collect_process()
        self.turned_away_by_store = 0
        self._counted_calls: dict[str, int] = {}
        self._counted_events: dict[tuple[str, str, str], Counter] = {}

    @property
    def figures(self) -> list[Figure]:
        """What each figure means, for who describes them."""
        return self.registry.figures

    @property
    def of_the_store(self) -> frozenset[str]:
        """The names of what is read from the store, and so is the same in each process."""
        gauges = (
            "connector_paused",
            "deliveries_pending",
            "deliveries_dead",
            "connector_oldest_pending_seconds",
            "events_quarantined",
        )
        return frozenset(
            f"aom_gateway_{name}"
            for name in (*gauges, "oldest_pending_seconds", "store_writable", "build_info")
        )

    def count_event(self, source: str, event: str | None, outcome: str, seconds: float) -> None:
        """`outcome`: accepted, duplicate or quarantined."""
        key = (source, event or "unknown", outcome)
        counter = self._counted_events.get(key)
        if counter is None:  # to look it up by its labels costs more than to count
            counter = self._counted_events[key] = self._intake.events.labels(*key)
        counter.inc()
        self._intake.accept_seconds.observe(seconds)

    def turned_away(self, reason: str) -> None:
        """`reason` is one of `TURNED_AWAY`."""
        self._intake.turned_away.labels(reason).inc()
        self.turned_away_by_store += reason == "store"

    def count_disagreement(self, source: str, event: str) -> None:
        self._intake.disagreements.labels(source, event).inc()

    def count_drift(self, source: str, event: str, keys: int) -> None:
        self._intake.drift.labels(source, event).inc(keys)

    def count_unreadable(self, source: str, event: str, values: int) -> None:
        self._intake.unreadable.labels(source, event).inc(values)

    def count_deliveries(
        self, connector: str, *, delivered: int, dead: int, dry_run: int = 0
    ) -> None:
        """What was delivered in a dry run was not written."""
        self._delivery.deliveries.labels(connector, "delivered").inc(delivered)
        if dry_run:
            self._delivery.deliveries.labels(connector, "dry_run").inc(dry_run)
        self._delivery.deliveries.labels(connector, "dead").inc(dead)

    def count_attempt(self, connector: str, outcome: str, seconds: float) -> None:
        self._delivery.attempt_seconds.labels(connector, outcome).observe(seconds)

    def count_defect(self, connector: str) -> None:
        self._delivery.defects.labels(connector).inc()

    def leadership_lost(self, connector: str, lanes: int) -> None:
        self._delivery.leadership_lost.labels(connector).inc(lanes)

    def count_superseded(self, connector: str, records: int) -> None:
        self._delivery.superseded.labels(connector).inc(records)

    def set_paused(self, connector: str, kind: str | None) -> None:
        """`kind`: auth, misconfigured, throttled, unavailable or operator; None when it runs."""
        for known in _KINDS:
            self._backlog.paused.labels(connector, known).set(known == kind)

    def count_alarm(self, outcome: str) -> None:
        """`outcome`: posted or failed."""
        self._delivery.alarms.labels(outcome).inc()

    def rate(self, connector: str, *, calls: int, waiting: int, per_second: float | None) -> None:
        """`calls` so far; `per_second` is None where there is no limit."""
        self._delivery.calls.labels(connector).inc(calls - self._counted_calls.get(connector, 0))
        self._counted_calls[connector] = calls
        self._delivery.calls_waiting.labels(connector).set(waiting)
        if per_second is not None:
            self._delivery.allowed.labels(connector).set(per_second)

    def set_backlog(
        self, connector: str, *, pending: int, dead: int, oldest_pending_seconds: float | None
    ) -> None:
        self._backlog.pending.labels(connector).set(pending)
        self._backlog.dead.labels(connector).set(dead)
        self._backlog.connector_oldest.labels(connector).set(oldest_pending_seconds or 0)

    def people_waiting(self, connector: str, people: int, *, held_back: bool) -> None:
        """`held_back`: some of them by a rule of the account."""
        self._backlog.waiting.labels(connector).set(people)
        self._backlog.held_back.labels(connector).set(held_back)

    def set_store(self, *, writable: bool) -> None:
        """Begin anew with what the store knows: a connector that is gone has no backlog."""
        self._store.writable.set(writable)
        for gauge in (
            self._backlog.pending,
            self._backlog.dead,
            self._backlog.connector_oldest,
            self._backlog.waiting,
            self._backlog.held_back,
        ):
            gauge.clear()

    def set_sqlite(self, *, damaged: bool, log_bytes: int) -> None:
        self._store.damaged.set(damaged)
        self._store.log_bytes.set(log_bytes)

    def set_totals(self, *, quarantined: int, oldest_pending_seconds: float | None) -> None:
        self._backlog.quarantined.set(quarantined)
        self._backlog.oldest.set(oldest_pending_seconds or 0)

    def text(self) -> bytes:
        """What Prometheus scrapes."""
        return self.registry.text()

    def start(
        self, connectors: Iterable[str], sources: Iterable[str] = (), events: Iterable[str] = ()
    ) -> None:
        """Show every connector, and what must never happen, from the start: an increase from
        nothing would not be seen.
        """
        for reason in TURNED_AWAY:
            self._intake.turned_away.labels(reason)
        for outcome in ("posted", "failed"):
            self._delivery.alarms.labels(outcome)
        for source, event in product(sources, events):
            self.count_drift(source, event, 0)
        for name in connectors:
            self.set_paused(name, None)
            self.count_deliveries(name, delivered=0, dead=0)
            self.leadership_lost(name, 0)
            self.count_superseded(name, 0)
            self._delivery.defects.labels(name)
