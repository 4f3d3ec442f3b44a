"""Fetches an event that the gateway has stored, for commands that look at one as at a file."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from receiver.cli.admin_client import AdminClient, in_path, open_admin
from receiver.settings import Settings

_ID = re.compile(r"[0-9a-f]{32}")


def names_stored_event(text: str) -> bool:
    """Whether it is the id of an event, and no file."""
    return _ID.fullmatch(text) is not None and not Path(text).exists()


def fetch_event(settings: Settings, event_id: str) -> Any:
    """What GET /api/events/{id} answers; ends the command where there is none."""
    return ask_gateway(settings, lambda asked: asked.get(f"/api/events/{in_path(event_id)}"))


def ask_gateway(settings: Settings, ask: Callable[[AdminClient], Awaitable[Any]]) -> Any:
    """Ask the admin API several things at once; ends the command where nobody can be asked."""
    return asyncio.run(_ask_admin(settings, ask))


async def _ask_admin(settings: Settings, ask: Callable[[AdminClient], Awaitable[Any]]) -> Any:
    async with open_admin(settings) as asked:
        return await ask(asked)
