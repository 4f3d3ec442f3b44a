"""What the gateway tells of itself: log lines without payloads or secrets, and Prometheus metrics."""

from receiver.telemetry.logs import quick_log, set_up_logs
from receiver.telemetry.metrics import Metrics

__all__ = ["Metrics", "quick_log", "set_up_logs"]
