"""A connector of another package, which tells by a file when it is opened and closed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Self

import pytest
from pydantic import Field, SecretStr

from connectors import registry
from connectors.base import ConnectorSettings, Context
from receiver.settings import Settings, load_settings
from tests.connectors.minimal import MinimalConnector
from tests.processes import write_config

LIFE = "life.txt"


class PluggedSettings(ConnectorSettings):
    token: Annotated[SecretStr, Field(description="of its CRM")]


class PluggedConnector(MinimalConnector):
    """It refuses a token that says so when it is opened, and another one when it is closed."""

    Settings: ClassVar[type[ConnectorSettings]] = PluggedSettings

    def __init__(self, directory: Path, token: str) -> None:
        super().__init__(directory / "written.jsonl")
        self._life = directory / LIFE
        self._token = token

    @classmethod
    def open(cls, settings: ConnectorSettings, context: Context) -> Self:
        assert isinstance(settings, PluggedSettings)
        token = settings.token.get_secret_value()
        if token.startswith("refused"):
            raise RuntimeError(f"HTTP 401 for the header 'X-Token: {token}'")
        self = cls(context.directory, token)
        self._tell("opened")
        return self

    async def aclose(self) -> None:
        self._tell("closed")
        if self._token.startswith("clinging"):
            raise RuntimeError("it does not let go")

    def _tell(self, what: str) -> None:
        with self._life.open("a") as file:
            file.write(f"{what} {self._token}\n")


def plug_in(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Announce it as the connector type `plugged`, for as long as the test runs."""
    announce(directory)
    monkeypatch.syspath_prepend(directory)


def announce(directory: Path) -> None:
    """Announce it to whoever has the directory on Python's path."""
    info = directory / "plugged-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1.0\n")
    entry = f"plugged = {__name__}:{PluggedConnector.__name__}"
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{entry}\n")


def plugged(directory: Path, *tokens: str) -> Settings:
    """A gateway with a connector for each token: `crm0`, `crm1`, …"""
    tables = (
        f'[connectors.crm{number}]\ntype = "plugged"\ntoken = "{token}"\n'
        for number, token in enumerate(tokens)
    )
    return load_settings(write_config(directory, "\n".join(tables)))


def life(directory: Path) -> list[str]:
    """What has been opened and closed so far."""
    return (directory / LIFE).read_text().splitlines()
