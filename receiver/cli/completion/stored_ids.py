"""What the shell completes by asking the running gateway: ids of events and groups, keys of alarms.

Where none answers at once, nothing is completed.
"""

from __future__ import annotations

from typing import Any

import httpx
import typer

from receiver.cli.admin_client import ask_running
from receiver.cli.completion.known_names import Completions, begin_with, config_of
from receiver.settings import ConfigError, load_settings

_PATIENCE = httpx.Timeout(1)  # seconds; somebody waits at a prompt
_NEWEST = 50


def complete_event_id(ctx: typer.Context, incomplete: str) -> Completions:
    """Ids of the newest events."""
    return _newest(ctx, incomplete, f"/api/events?limit={_NEWEST}")


def complete_quarantined_id(ctx: typer.Context, incomplete: str) -> Completions:
    """Ids of the newest calls in quarantine."""
    return _newest(ctx, incomplete, f"/api/events?state=quarantined&limit={_NEWEST}")


def complete_group(ctx: typer.Context, incomplete: str) -> Completions:
    """Ids of groups of `dead` and `quarantine`, the largest first."""
    answer = _ask(ctx, "/api/groups")
    groups = [*answer.get("dead", ()), *answer.get("quarantined", ())]
    return begin_with(incomplete, [(one["id"], str(one["count"])) for one in groups])


def complete_alarm(ctx: typer.Context, incomplete: str) -> Completions:
    """Keys of the alarms that hold."""
    answer = _ask(ctx, "/api/alarms")
    return begin_with(incomplete, [(one["key"], "") for one in answer.get("items", ())])


def _newest(ctx: typer.Context, incomplete: str, path: str) -> Completions:
    """Ids alone: a person's address is nothing to be shown at a prompt."""
    found = _ask(ctx, path).get("items", ())
    return begin_with(incomplete, [(one["id"], one["event"] or "") for one in found])


def _ask(ctx: typer.Context, path: str) -> dict[str, Any]:
    try:
        server = load_settings(config_of(ctx)).server
        response = ask_running(server, "GET", path, timeout=_PATIENCE)
        answer: Any = response.json() if response is not None and response.is_success else {}
    except (ConfigError, OSError, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {}
