"""What a running gateway consists of, by one configuration and by the next."""

from receiver.gateway.composition import open_gateway, open_store, utc_now
from receiver.gateway.deliveries import open_connector, open_connectors
from receiver.gateway.gateway import Gateway, LastingParts, Reloader, ReloadReport
from receiver.gateway.gateway_factory import sites_of
from receiver.gateway.process_registry import describe_differences
from receiver.gateway.reload import ConfigReloader
from receiver.gateway.running_gateway import RunningGateway

__all__ = [
    "ConfigReloader",
    "Gateway",
    "LastingParts",
    "ReloadReport",
    "Reloader",
    "RunningGateway",
    "describe_differences",
    "open_connector",
    "open_connectors",
    "open_gateway",
    "open_store",
    "sites_of",
    "utc_now",
]
