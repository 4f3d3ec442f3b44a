"""`reload`: a running gateway takes its changed configuration over."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NoReturn

import httpx
import typer
from httpx import codes

from receiver.cli.admin_client import open_admin
from receiver.cli.app import (
    CONFIG,
    FOUND,
    ConfigOption,
    JsonOption,
    app,
    err,
    fail_command,
    out,
    print_json,
    settings_of,
    show_faults,
)
from receiver.settings import ConfigFault, Settings
from receiver.text.escape import escape_hidden


@app.command()
def reload(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Let the running gateway take its changed configuration over, without a restart.

    It is checked here first, then by the gateway; where it has faults the former one goes on, and
    the command ends with 1. --json prints {"digest", "changes", "needs_restart", "warnings",
    "behind"}.
    """
    settings = settings_of(config)
    answer = asyncio.run(_ask(config, settings))
    if as_json:
        print_json(answer)
    else:
        _show(config, answer)
    if answer["behind"]:
        raise typer.Exit(FOUND)


async def _ask(config: Path, settings: Settings) -> dict[str, Any]:
    async with open_admin(settings) as asked:
        if not asked.running:
            fail_command("No gateway runs. Start it with `aom-gateway serve`.", code=FOUND)
        response = await asked.answer("POST", "/api/reload")
    if response.status_code == codes.UNAUTHORIZED:
        fail_command(
            "The running gateway does not take this admin token. If it is the token that was "
            "changed, send the process SIGHUP: `kill -HUP PID`, or `systemctl reload`.",
            code=FOUND,
        )
    if response.status_code == codes.UNPROCESSABLE_ENTITY:
        _show_refusal(config, response)
    if response.is_error:
        fail_command(f"The gateway answers {response.status_code}: {response.text}", code=FOUND)
    answer: dict[str, Any] = response.json()
    return answer


def _show_refusal(config: Path, response: httpx.Response) -> NoReturn:
    answer = response.json()
    show_faults(
        config,
        tuple(ConfigFault(one["path"], one["message"]) for one in answer.get("errors", ())),
    )
    fail_command(f"The gateway answers: {answer['detail']}", code=FOUND)


def _show(config: Path, answer: dict[str, Any]) -> None:
    show_faults(
        config,
        tuple(ConfigFault(one["path"], one["message"], warning=True) for one in answer["warnings"]),
    )
    for one in answer["changes"]:
        out.print(escape_hidden(f"{one['change']}: {one['where']}"), markup=False)
    if not answer["changes"]:
        out.print("Nothing has changed.")
    for place in answer["needs_restart"]:
        err.print(escape_hidden(f"needs a restart: {place}"), style="yellow", markup=False)
    for name in answer["behind"]:
        err.print(
            escape_hidden(f"{name} does not work by it yet: see `aom-gateway status`"),
            style="red",
            markup=False,
        )
