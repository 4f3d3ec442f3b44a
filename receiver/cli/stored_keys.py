"""Asks the running gateway which keys of payloads it has met that no schema knows."""

from __future__ import annotations

import httpx

from receiver.settings import Settings
from receiver.settings.gateway_urls import local_url

_SECONDS = 3.0


def fetch_stored_keys(settings: Settings) -> dict[str, set[str]]:
    """Event → the paths of such keys; nothing where no gateway answers, which is no fault."""
    token = settings.server.admin_token
    if token is None or settings.server.port == 0:
        return {}
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    url = f"{local_url(settings)}/api/drift"
    found: dict[str, set[str]] = {}
    try:
        answer = httpx.get(url, headers=headers, timeout=_SECONDS, trust_env=False)
        for one in answer.json()["items"] if answer.is_success else ():
            if " " not in one["path"]:  # else a value that cannot be read
                found.setdefault(one["event"], set()).add(one["path"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return {}
    return found
