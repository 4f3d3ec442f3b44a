"""Connectors are opened, exchanged and closed, whatever one of them raises."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from receiver.config_errors import ConfigError
from receiver.gateway import open_gateway
from tests.gateway.plugged import life, plug_in, plugged

SECRET = "refused-0a1b2c3d4e5f60718293"


@pytest.fixture(autouse=True)
def connector_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(tmp_path, monkeypatch)


def test_what_keeps_a_connector_from_opening_holds_no_secret(tmp_path: Path) -> None:
    """Its words are stored, shown and posted: at a reload all processes and the alarm tell them."""

    async def main() -> None:
        async with open_gateway(plugged(tmp_path, "first"), lambda gateway: gateway) as running:
            with pytest.raises(ConfigError) as caught:
                await running.work_by(plugged(tmp_path, "first", SECRET))
            (fault,) = caught.value.faults
            assert fault.place.startswith("connectors.crm1")
            assert "HTTP 401 for the header" in fault.message
            assert "0a1b2c3d" not in fault.message
            assert running.current.connectors.keys() == {"crm0"}

    asyncio.run(main())


def test_one_that_does_not_let_go_holds_up_nobody(tmp_path: Path) -> None:
    """The new configuration is in force, so the reload is no failure, and its successor delivers;
    at the end all others are closed.
    """

    async def main() -> None:
        settings = plugged(tmp_path, "clinging", "first")
        async with open_gateway(settings, lambda gateway: gateway) as running:
            await running.work_by(plugged(tmp_path, "clinging too", "first"))
            names = {task.get_name() for task in asyncio.all_tasks()}
            assert {"dispatcher crm0", "dispatcher crm1"} <= names
        assert sorted(life(tmp_path)) == sorted(
            f"{what} {token}"
            for token in ("clinging", "clinging too", "first")
            for what in ("opened", "closed")
        )

    asyncio.run(main())
