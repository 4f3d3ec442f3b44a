"""A registry of Prometheus metrics that knows what each of its figures means.

One per gateway, so that several can live in one process, as in tests.
"""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of `/metrics`: what it counts, and by which labels."""

    name: str
    kind: str
    text: str
    labels: tuple[str, ...]


class MetricRegistry:
    """Makes metrics, under the gateway's own prefix, and writes them for Prometheus."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []
        self.collectors = CollectorRegistry()

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        """A figure that only grows; Prometheus wants its name to end in `_total`."""
        figure = self._describe(f"{name}_total", "counter", text, labels)
        return Counter(figure.name, text, labels, registry=self.collectors)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        """A figure that goes up and down."""
        figure = self._describe(name, "gauge", text, labels)
        return Gauge(figure.name, text, labels, registry=self.collectors)

    def histogram(self, name: str, text: str, *labels: str) -> Histogram:
        """Seconds, by how many took so long."""
        figure = self._describe(name, "histogram", text, labels)
        return Histogram(figure.name, text, labels, registry=self.collectors, buckets=_SECONDS)

    def collect_process(self) -> None:
        """Show memory, processor time and garbage collections of this process, too."""
        ProcessCollector(registry=self.collectors)
        GCCollector(registry=self.collectors)

    def text(self) -> bytes:
        """What Prometheus scrapes."""
        return generate_latest(self.collectors)

    def _describe(self, name: str, kind: str, text: str, labels: tuple[str, ...]) -> Figure:
        figure = Figure(f"aom_gateway_{name}", kind, text, labels)
        self.figures.append(figure)
        return figure
