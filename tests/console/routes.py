"""The console's routes, as the program has them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from starlette.routing import Route

from receiver.console import console_routes
from receiver.gateway import open_store
from receiver.settings import load_settings
from tests.processes import write_config


def list_console_routes(directory: Path) -> list[tuple[str, Route]]:
    """Method and route of each page and each action."""

    async def ask() -> list[tuple[str, Route]]:
        async with open_store(load_settings(write_config(directory))) as gateway:
            return [
                (method, one)
                for one in console_routes(gateway)
                if isinstance(one, Route) and len(one.methods or ()) <= 2  # else it is nowhere
                for method in sorted(one.methods or ())
                if method != "HEAD"
            ]

    with ThreadPoolExecutor() as threads:  # this thread's event loop may be a browser's
        return threads.submit(asyncio.run, ask()).result()
