"""A running gateway is put together and taken apart in order, whatever comes between."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from receiver.gateway import ConfigReloader, Gateway, open_gateway
from tests.gateway.plugged import life, plug_in, plugged


def test_a_reload_under_way_ends_with_the_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has opened is closed, nothing of it comes into force afterwards, and none begins."""
    plug_in(tmp_path, monkeypatch)
    under_way, go_on = threading.Event(), threading.Event()

    def build(gateway: Gateway) -> Gateway:
        if "crm1" in gateway.settings.connectors:
            under_way.set()
            go_on.wait()
        return gateway

    async def main() -> None:
        async with open_gateway(plugged(tmp_path, "first"), build) as running:
            reloader = ConfigReloader(running, lambda: plugged(tmp_path, "first", "second"))
            running.lasting.reloader = reloader
            reloader.reload_on_signal()
            await asyncio.to_thread(under_way.wait)
        go_on.set()
        reloader.reload_on_signal()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if task.get_name() == "reload":
                await asyncio.wait([task])
        assert {task.get_name() for task in asyncio.all_tasks()} & {"retention", "reload"} == set()
        assert running.current.settings.connectors.keys() == {"crm0"}
        assert sorted(life(tmp_path)) == [
            "closed first",
            "closed second",
            "opened first",
            "opened second",
        ]

    try:
        asyncio.run(main())
    finally:
        go_on.set()


def test_a_start_that_is_cut_short_closes_what_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once connectors deliver, nothing may leave them so: not even an error of what comes next."""
    plug_in(tmp_path, monkeypatch)

    async def main() -> None:
        starting = asyncio.create_task(_open(tmp_path))
        while not any(task.get_name() == "dispatcher crm0" for task in asyncio.all_tasks()):
            await asyncio.sleep(0)
        starting.cancel()
        await asyncio.wait([starting])
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert not names & {"dispatcher crm0", "retention"}
        assert life(tmp_path) == ["opened first", "closed first"]

    asyncio.run(main())


async def _open(directory: Path) -> None:
    async with open_gateway(plugged(directory, "first"), lambda gateway: gateway):
        await asyncio.sleep(3600)
