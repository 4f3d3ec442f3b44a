"""Every figure of `/metrics` is in the reference, and described."""

from __future__ import annotations

from pathlib import Path

from receiver.telemetry import GatewayMetrics
from receiver.telemetry.metrics import TURNED_AWAY
from tests.docs.pages import ROOT, shown
from tests.docs.source import texts_given_to


def exposed() -> set[str]:
    """The names that Prometheus would read; a counter's has its ending in the samples alone."""
    families = GatewayMetrics().registry.collectors.collect()
    names = {one.name + ("_total" if one.type == "counter" else "") for one in families}
    return {name for name in names if name.startswith("aom_gateway_")}


def test_all_that_is_exposed_is_described() -> None:
    """By the registry, whoever registered it."""
    figures = GatewayMetrics().figures
    assert {one.name for one in figures} == exposed()
    assert [one.name for one in figures if not one.text] == []


def test_the_reasons_are_those_that_are_counted() -> None:
    """Every text that the server gives for a call that it turns away, and none that nobody
    gives.
    """
    methods = ("turned_away", "_turn_away", "_refuse", "_answer")
    given = texts_given_to(methods, ROOT / "receiver")
    assert set(TURNED_AWAY) <= given
    assert {text for text in given if text.islower() and text.replace("_", "").isalpha()} == set(
        TURNED_AWAY
    )


def test_the_page_shows_all(site: Path) -> None:
    """Figures with their labels, reasons with their meaning."""
    page = shown(site, "reference/metrics.html")
    for one in GatewayMetrics().figures:
        assert f"{one.name} {one.kind}" in page
        assert one.text in page
    for reason, text in TURNED_AWAY.items():
        assert f"{reason} {text.replace('`', '')}" in page
