"""Asks the running gateway which keys of payloads it has met that no schema knows."""

from __future__ import annotations

import httpx

from receiver.cli.admin_client import ask_running
from receiver.settings import Settings

_BRIEF = httpx.Timeout(3)  # seconds: the check itself needs no answer


def fetch_stored_keys(settings: Settings) -> dict[str, set[str]]:
    """Event → the paths of such keys; nothing where no gateway answers, which is no fault."""
    answer = ask_running(settings.server, "GET", "/api/drift", timeout=_BRIEF)
    if answer is None or answer.is_error:
        return {}
    found: dict[str, set[str]] = {}
    try:
        for one in answer.json()["items"]:
            if " " not in one["path"]:  # else a value that cannot be read
                found.setdefault(one["event"], set()).add(one["path"])
    except (ValueError, KeyError, TypeError):
        return {}
    return found
