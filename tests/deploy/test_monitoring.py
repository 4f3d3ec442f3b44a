"""The dashboard and the alerting rules, by the figures that the program has."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator

import pytest

from receiver.telemetry import GatewayMetrics
from tests.deploy.tools import DEPLOY, tool

DASHBOARD = json.loads((DEPLOY / "grafana/dashboard.json").read_text("utf-8"))
OF_PROMETHEUS = {"job", "instance", "worker", "le"}


def expressions() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", target["expr"]


def known() -> dict[str, set[str]]:
    """Each sample of the gateway with its labels."""
    labels = {}
    for figure in GatewayMetrics().figures:
        buckets = ("_bucket", "_sum", "_count")
        for ending in buckets if figure.kind == "histogram" else ("",):
            labels[f"{figure.name}{ending}"] = set(figure.labels)
    return labels


@pytest.mark.parametrize("expression", [pytest.param(e, id=i) for i, e in expressions()])
def test_a_panel_asks_for_what_there_is(expression: str) -> None:
    """Names of figures, and the labels by which they are summed and shown."""
    names = set(re.findall(r"aom_gateway_\w+", expression))
    of_process = set(re.findall(r"process_\w+", expression))
    assert of_process <= {"process_resident_memory_bytes", "process_cpu_seconds_total"}
    assert names or of_process
    assert names <= known().keys()
    grouped = re.search(r"by \(([^)]*)\)", expression)
    labels = {label.strip() for label in grouped[1].split(",")} if grouped else set()
    assert labels - OF_PROMETHEUS <= {label for name in names for label in known()[name]}


def test_a_legend_names_labels_that_are_left() -> None:
    """What was summed away would be shown empty."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            grouped = re.search(r"by \(([^)]*)\)", target["expr"])
            left = {label.strip() for label in grouped[1].split(",")} if grouped else OF_PROMETHEUS
            assert shown <= left, panel["title"]


def test_every_figure_that_needs_a_look_has_a_panel() -> None:
    """Backlog, dead letters, quarantine, refusals, pauses, the store."""
    asked = " ".join(expression for _, expression in expressions())
    for name in (
        "deliveries_pending",
        "deliveries_dead",
        "events_quarantined",
        "requests_turned_away_total",
        "connector_paused",
        "connector_held_back",
        "store_writable",
    ):
        assert f"aom_gateway_{name}" in asked


def test_prometheus_takes_the_rules() -> None:
    """As its own tool reads them."""
    subprocess.run(
        [tool("promtool"), "check", "rules", str(DEPLOY / "prometheus/alerts.yml")],
        check=True,
        capture_output=True,
    )
