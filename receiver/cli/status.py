"""`status`: what waits, what was refused, how the connectors are."""

from __future__ import annotations

from typing import Any

import httpx
import typer
from rich.table import Table

from receiver.cli.addresses import local_url
from receiver.cli.app import CONFIG, FOUND, ConfigOption, JsonOption, app, fail, out, print_json, settings_of
from receiver.settings import Settings


@app.command()
def status(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Show what waits, what was refused, and how the connectors are. Exit 1 where something needs attention."""
    answer = ask(settings_of(config), "/api/status")
    if as_json:
        print_json(answer)
    else:
        _show(answer)
    if answer["dead"] or answer["quarantined"] or any(one["state"] == "paused" for one in answer["connectors"].values()):
        raise typer.Exit(FOUND)


def ask(settings: Settings, path: str) -> Any:
    """Ask the running gateway's admin API, or exit with what is missing."""
    if settings.server.admin_token is None:
        fail("server.admin_token is not set, so the running gateway's admin API is off.")
    headers = {"Authorization": f"Bearer {settings.server.admin_token.get_secret_value()}"}
    try:
        response = httpx.get(local_url(settings) + path, headers=headers, timeout=30, trust_env=False)
    except httpx.TransportError as error:
        fail(f"No gateway answers at {local_url(settings)}: {error}. Start it with `aom-gateway serve`.", code=FOUND)
    if response.is_error:
        fail(f"The gateway at {local_url(settings)} answers {response.status_code}: {_detail(response)}", code=FOUND)
    return response.json()


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase


def _show(answer: dict[str, Any]) -> None:
    oldest = answer["oldest_pending_seconds"]
    waiting = f"{answer['pending']} waiting" + (f", the oldest for {oldest:.0f} s" if oldest is not None else "")
    out.print(f"{waiting}; {answer['dead']} dead; {answer['quarantined']} in quarantine", markup=False)
    table = Table("connector", "state", "waiting", "dead", "why")
    for name, one in answer["connectors"].items():
        table.add_row(name, one["state"], str(one["pending"]), str(one["dead"]), one["reason"])
    out.print(table, markup=False)
