"""What the gateway tells of itself: log lines without payloads or secrets, and Prometheus
metrics.
"""

from receiver.telemetry.logs import QuickLog, hide_secrets, name_people_by, set_up_logs
from receiver.telemetry.metrics import GatewayMetrics

__all__ = ["GatewayMetrics", "QuickLog", "hide_secrets", "name_people_by", "set_up_logs"]
