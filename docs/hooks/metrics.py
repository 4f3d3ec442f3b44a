"""The reference of `/metrics`: every figure, from the registry that counts them."""

from __future__ import annotations

from docs.hooks.markdown import code, table
from receiver.telemetry import GatewayMetrics
from receiver.telemetry.metrics import TURNED_AWAY


def describe_metrics() -> str:
    """All figures with their labels."""
    rows = [
        (code(one.name), one.kind, ", ".join(map(code, one.labels)), one.text)
        for one in GatewayMetrics().figures
    ]
    return table(("figure", "kind", "labels", "what it counts"), rows)


def describe_reasons() -> str:
    """Why a call was not kept."""
    rows = [(code(reason), text) for reason, text in TURNED_AWAY.items()]
    return table(("reason", "what it means"), rows)
