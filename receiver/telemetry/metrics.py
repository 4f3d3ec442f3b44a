"""The gateway's Prometheus metrics: their names, labels and texts, and how each is counted.

One registry per gateway, so that several can live in one process, as in tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from itertools import product
from platform import python_version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    generate_latest,
)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
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


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of `/metrics`: what it counts, and by which labels."""

    name: str
    kind: str
    text: str
    labels: tuple[str, ...]


class GatewayMetrics:
    """Every figure that the gateway counts, by the names that `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.figures: list[Figure] = []
        self._events = self._counter(
            "events", "Authenticated calls by what became of them", "source", "event", "outcome"
        )
        self._turned_away = self._counter(
            "requests_turned_away", "Calls that were not kept", "reason"
        )
        self._disagreements = self._counter(
            "recognition_disagreements", "Events whose URL and content disagree", "source", "event"
        )
        self._drift = self._counter("unknown_keys", "Keys that no schema knows", "source", "event")
        self._unreadable = self._counter(
            "unreadable_values",
            "Values in accepted events that no schema understands, and people left out",
            "source",
            "event",
        )
        self._deliveries = self._counter(
            "deliveries", "Deliveries by outcome", "connector", "outcome"
        )
        self._defects = self._counter(
            "connector_defects", "Errors that a connector should not have raised", "connector"
        )
        self._leadership_lost = self._counter(
            "leadership_lost",
            "Lanes that were under way when another process had taken over",
            "connector",
        )
        self._superseded = self._counter(
            "records_superseded",
            "Records with fields left as a newer event had set them",
            "connector",
        )
        self._accept = self._histogram("accept_seconds", "From the body's end to the answer")
        self._attempts = self._histogram(
            "attempt_seconds", "From claim to outcome, per lane", "connector", "outcome"
        )
        self._paused = self._gauge(
            "connector_paused",
            "1 while a connector is paused for this reason",
            "connector",
            "reason",
        )
        self._pending = self._gauge("deliveries_pending", "Deliveries that wait", "connector")
        self._waiting = self._gauge(
            "connector_people_waiting",
            "People who are tried again; 1000 where there are more",
            "connector",
        )
        self._held_back = self._gauge(
            "connector_held_back",
            "1 while a rule of the CRM's account holds people back",
            "connector",
        )
        self._dead = self._gauge(
            "deliveries_dead", "Deliveries that wait for an operator", "connector"
        )
        self._oldest_of = self._gauge(
            "connector_oldest_pending_seconds", "Age of the oldest delivery that waits", "connector"
        )
        self._calls = self._counter(
            "connector_calls", "Calls that this process was allowed to make of the CRM", "connector"
        )
        self._calls_waiting = self._gauge(
            "connector_calls_waiting",
            "Calls of this process that wait for the rate limit",
            "connector",
        )
        self._allowed = self._gauge(
            "connector_calls_allowed_per_second",
            "The rate limit that all processes share",
            "connector",
        )
        self._quarantined = self._gauge("events_quarantined", "Events that wait for an operator")
        self._oldest = self._gauge(
            "oldest_pending_seconds", "Age of the oldest delivery that waits, of all connectors"
        )
        self._writable = self._gauge(
            "store_writable", "1 while events can be kept and no damage is known"
        )
        self._damaged = self._gauge(
            "store_damaged", "1 once a damaged page was met in the SQLite file, until a restart"
        )
        self._log_bytes = self._gauge("store_log_bytes", "Size of SQLite's write-ahead log")
        self._alarms = self._counter(
            "alarms", "Messages to the receiver of alarms by outcome", "outcome"
        )
        self._gauge("build_info", "The version that runs", "version", "python").labels(
            version("aom-gateway"), python_version()
        ).set(1)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.turned_away_by_store = 0
        self._counted_calls: dict[str, int] = {}
        self._counted_events: dict[tuple[str, str, str], Counter] = {}

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
            counter = self._counted_events[key] = self._events.labels(*key)
        counter.inc()
        self._accept.observe(seconds)

    def turned_away(self, reason: str) -> None:
        """`reason` is one of `TURNED_AWAY`."""
        self._turned_away.labels(reason).inc()
        self.turned_away_by_store += reason == "store"

    def count_disagreement(self, source: str, event: str) -> None:
        self._disagreements.labels(source, event).inc()

    def count_drift(self, source: str, event: str, keys: int) -> None:
        self._drift.labels(source, event).inc(keys)

    def count_unreadable(self, source: str, event: str, values: int) -> None:
        self._unreadable.labels(source, event).inc(values)

    def count_deliveries(
        self, connector: str, *, delivered: int, dead: int, dry_run: int = 0
    ) -> None:
        """What was delivered in a dry run was not written."""
        self._deliveries.labels(connector, "delivered").inc(delivered)
        if dry_run:
            self._deliveries.labels(connector, "dry_run").inc(dry_run)
        self._deliveries.labels(connector, "dead").inc(dead)

    def count_attempt(self, connector: str, outcome: str, seconds: float) -> None:
        self._attempts.labels(connector, outcome).observe(seconds)

    def count_defect(self, connector: str) -> None:
        self._defects.labels(connector).inc()

    def leadership_lost(self, connector: str, lanes: int) -> None:
        self._leadership_lost.labels(connector).inc(lanes)

    def count_superseded(self, connector: str, records: int) -> None:
        self._superseded.labels(connector).inc(records)

    def set_paused(self, connector: str, kind: str | None) -> None:
        """`kind`: auth, misconfigured, throttled, unavailable or operator; None when it runs."""
        for known in _KINDS:
            self._paused.labels(connector, known).set(known == kind)

    def count_alarm(self, outcome: str) -> None:
        """`outcome`: posted or failed."""
        self._alarms.labels(outcome).inc()

    def rate(self, connector: str, *, calls: int, waiting: int, per_second: float | None) -> None:
        """`calls` so far; `per_second` is None where there is no limit."""
        self._calls.labels(connector).inc(calls - self._counted_calls.get(connector, 0))
        self._counted_calls[connector] = calls
        self._calls_waiting.labels(connector).set(waiting)
        if per_second is not None:
            self._allowed.labels(connector).set(per_second)

    def set_backlog(
        self, connector: str, *, pending: int, dead: int, oldest_pending_seconds: float | None
    ) -> None:
        self._pending.labels(connector).set(pending)
        self._dead.labels(connector).set(dead)
        self._oldest_of.labels(connector).set(oldest_pending_seconds or 0)

    def people_waiting(self, connector: str, people: int, *, held_back: bool) -> None:
        """`held_back`: some of them by a rule of the account."""
        self._waiting.labels(connector).set(people)
        self._held_back.labels(connector).set(held_back)

    def set_store(self, *, writable: bool) -> None:
        """Begin anew with what the store knows: a connector that is gone has no backlog."""
        self._writable.set(writable)
        for gauge in (self._pending, self._dead, self._oldest_of, self._waiting, self._held_back):
            gauge.clear()

    def set_sqlite(self, *, damaged: bool, log_bytes: int) -> None:
        self._damaged.set(damaged)
        self._log_bytes.set(log_bytes)

    def set_totals(self, *, quarantined: int, oldest_pending_seconds: float | None) -> None:
        self._quarantined.set(quarantined)
        self._oldest.set(oldest_pending_seconds or 0)

    def text(self) -> bytes:
        """What Prometheus scrapes."""
        return generate_latest(self.registry)

    def start(
        self, connectors: Iterable[str], sources: Iterable[str] = (), events: Iterable[str] = ()
    ) -> None:
        """Show every connector, and what must never happen, from the start: an increase from
        nothing would not be seen.
        """
        for reason in TURNED_AWAY:
            self._turned_away.labels(reason)
        for outcome in ("posted", "failed"):
            self._alarms.labels(outcome)
        for source, event in product(sources, events):
            self.count_drift(source, event, 0)
        for name in connectors:
            self.set_paused(name, None)
            self.count_deliveries(name, delivered=0, dead=0)
            self.leadership_lost(name, 0)
            self.count_superseded(name, 0)
            self._defects.labels(name)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        figure = self._described(f"{name}_total", "counter", text, labels)
        return Counter(figure.name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        figure = self._described(name, "gauge", text, labels)
        return Gauge(figure.name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        figure = self._described(name, "histogram", text, labels)
        return Histogram(figure.name, text, labels, registry=self.registry, buckets=_SECONDS)

    def _described(self, name: str, kind: str, text: str, labels: tuple[str, ...]) -> Figure:
        figure = Figure(f"aom_gateway_{name}", kind, text, labels)
        self.figures.append(figure)
        return figure
