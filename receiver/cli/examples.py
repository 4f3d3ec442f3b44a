"""The example files that come with the gateway: a complete configuration, alerting rules for
Prometheus.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

CONFIGURATION = "config.example.toml"
ALERTING_RULES = "alerts.example.yml"


def find_example(name: str) -> Path:
    """Give the path of an example: in the installed package, or at the top of a checkout."""
    package = Path(str(files("receiver")))
    installed = package / "examples" / name
    return installed if installed.is_file() else package.parent / name
