"""What the gateway tells of itself: log lines without payloads or secrets, and Prometheus
metrics.
"""

from receiver.telemetry.logs import hide_secrets, name_people_by, quick_log, set_up_logs
from receiver.telemetry.metrics import GatewayMetrics

__all__ = ["GatewayMetrics", "hide_secrets", "name_people_by", "quick_log", "set_up_logs"]
