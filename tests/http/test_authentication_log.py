"""What is noted of calls with a wrong admin token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from structlog.testing import capture_logs

from receiver.http.authentication_log import EVERY, AuthenticationLog
from receiver.telemetry import GatewayMetrics


def test_guessing_fills_no_disk_and_each_guess_counts() -> None:
    """One line a minute at most, with the number of those since the last; the figure has all."""
    now = [datetime(2026, 3, 1, tzinfo=UTC)]
    metrics = GatewayMetrics()
    log = AuthenticationLog(metrics, lambda: now[0])
    with capture_logs() as lines:
        for number in range(100):
            log.refused(f"192.0.2.{number}")
        now[0] += EVERY - timedelta(seconds=1)
        log.refused("192.0.2.200")
        now[0] += timedelta(seconds=1)
        log.refused("192.0.2.201")
    assert [(line["address"], line["calls"]) for line in lines] == [
        ("192.0.2.0", 1),
        ("192.0.2.201", 101),
    ]
    name = "aom_gateway_requests_turned_away_total"
    assert metrics.registry.collectors.get_sample_value(name, {"reason": "admin_token"}) == 102
