"""The example files that come with the gateway: a complete configuration, alerting rules for
Prometheus.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

CONFIGURATION = "config.example.toml"
ALERTING_RULES = "deploy/prometheus/alerts.yml"


def find_example(name: str) -> Path:
    """Give the path of an example, named as in a checkout: there, or in the installed package."""
    package = Path(str(files("receiver")))
    installed = package / "examples" / Path(name).name
    return installed if installed.is_file() else package.parent / name
