"""Fetches an event that the gateway has stored, for commands that look at one as at a file."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from receiver.cli.admin_client import in_path, open_admin
from receiver.settings import Settings

_ID = re.compile(r"[0-9a-f]{32}")


def names_stored_event(text: str) -> bool:
    """Whether it is the id of an event, and no file."""
    return _ID.fullmatch(text) is not None and not Path(text).exists()


def fetch_event(settings: Settings, event_id: str) -> Any:
    """What GET /api/events/{id} answers; ends the command where there is none."""
    return asyncio.run(_fetch(settings, event_id))


async def _fetch(settings: Settings, event_id: str) -> Any:
    async with open_admin(settings) as asked:
        return await asked.get(f"/api/events/{in_path(event_id)}")
