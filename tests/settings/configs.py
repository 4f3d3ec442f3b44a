"""Small configurations for tests."""

from collections.abc import Mapping
from pathlib import Path

from connectors.base import Connector
from receiver.settings import ConfigError, ConfigFault, Settings, load_settings

TOKEN = "springfield-token-0123456789"

MINIMAL = f"""
[sources.springfield]
tokens = ["{TOKEN}"]
"""

SANDBOX = f"""
{MINIMAL}
[connectors.box]
type = "sandbox"
"""


def write(directory: Path, text: str) -> Path:
    """The text as a file."""
    path = directory / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def loaded(directory: Path, text: str, env: Mapping[str, str] | None = None) -> Settings:
    """The settings of a configuration that is right."""
    return load_settings(write(directory, text), env or {})


def faults_of(
    directory: Path,
    text: str,
    env: Mapping[str, str] | None = None,
    types: Mapping[str, type[Connector]] | None = None,
) -> dict[str, ConfigFault]:
    """The faults of a configuration by their places; {} where it is right."""
    try:
        load_settings(write(directory, text), env or {}, types=types)
    except ConfigError as error:
        return {fault.where: fault for fault in error.faults}
    return {}
