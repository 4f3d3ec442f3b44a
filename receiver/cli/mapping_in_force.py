"""Asks a running gateway for the mapping that it has in force."""

from __future__ import annotations

import httpx

from receiver.cli.app import FOUND, fail_command
from receiver.settings import Settings
from receiver.settings.gateway_urls import local_url
from receiver.settings.mapping_document import MappingDocument, read_mapping


def fetch_mapping(settings: Settings) -> MappingDocument | None:
    """What GET /api/mapping answers; None where no gateway runs, or its admin API is off. Ends the
    command where it answers with a refusal.
    """
    token = settings.server.admin_token
    if token is None:
        return None
    try:
        answer = httpx.get(
            f"{local_url(settings)}/api/mapping",
            headers={"Authorization": f"Bearer {token.get_secret_value()}"},
            timeout=30,
            trust_env=False,
        )
    except httpx.TransportError:
        return None
    if answer.is_error:
        fail_command(
            f"The gateway at {local_url(settings)} answers {answer.status_code} when it is asked "
            "for its mapping. Is server.admin_token its own?",
            code=FOUND,
        )
    return read_mapping(answer.json()["toml"])
