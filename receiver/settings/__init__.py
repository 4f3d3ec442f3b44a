"""config.toml → typed settings, with every fault in one report."""

from receiver.config_errors import ConfigError, ConfigFault
from receiver.mapping import RouteSettings
from receiver.settings.changes import SettingChange, compare_settings, keep_fixed
from receiver.settings.config_schema import describe_config
from receiver.settings.digest import digest_settings
from receiver.settings.loader import load_server, load_settings
from receiver.settings.model import (
    ADMIN,
    Alerts,
    Delivery,
    Limit,
    Log,
    Operator,
    Role,
    Server,
    Settings,
    Source,
    Store,
    connector_secrets,
)

__all__ = [
    "ADMIN",
    "Alerts",
    "ConfigError",
    "ConfigFault",
    "Delivery",
    "Limit",
    "Log",
    "Operator",
    "Role",
    "RouteSettings",
    "Server",
    "SettingChange",
    "Settings",
    "Source",
    "Store",
    "compare_settings",
    "connector_secrets",
    "describe_config",
    "digest_settings",
    "keep_fixed",
    "load_server",
    "load_settings",
]
