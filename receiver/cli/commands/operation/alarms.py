"""`alarms`: those that hold, and which of them are not to be told again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from receiver.cli.admin_client import in_path, open_admin
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND
from receiver.cli.completion.stored_ids import complete_alarm
from receiver.cli.local_times import show_time
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.reports.table_cells import table_cell
from receiver.cli.terminal import out, print_json
from receiver.text.escape import escape_hidden

KeyArgument = Annotated[
    str, typer.Argument(help="The alarm, as `alarms` shows it.", autocompletion=complete_alarm)
]

firing = typer.Typer()
app.add_typer(firing, name="alarms")


@firing.callback(invoke_without_command=True)
def alarms(
    context: typer.Context, config: ConfigOption = CONFIG, as_json: JsonOption = False
) -> None:
    """Show the alarms that hold; silence one with `alarms acknowledge` or `alarms snooze`.

    --json prints {"items", "watched"}, each item with {"key", "cause", "text", "connector",
    "source", "event", "reason", "count", "since", "acknowledged_at", "snoozed_until"}. Exit 1 where
    any holds.
    """
    if context.invoked_subcommand:
        return
    answer = asyncio.run(_list(config))
    if as_json:
        print_json(answer)
    elif not answer["watched"]:
        out.print("No alarms are configured: add [alerts] with urls.", markup=False)
    elif not answer["items"]:
        out.print("No alarm holds.")
    else:
        for one in answer["items"]:
            out.print(table_cell(one["key"], "bold"), table_cell(_state(one), "dim"))
            out.print(table_cell(f"  {one['text']}"))
    if answer["items"]:
        raise typer.Exit(FOUND)


@firing.command()
def acknowledge(
    key: KeyArgument, config: ConfigOption = CONFIG, as_json: JsonOption = False
) -> None:
    """Tell an alarm no more until it is over and comes again. --json prints it."""
    answer = asyncio.run(_post(config, key, "acknowledge", {}))
    _show_answer(
        answer, f"{key} is acknowledged: it is told again when it is over.", as_json=as_json
    )


@firing.command()
def snooze(
    key: KeyArgument,
    config: ConfigOption = CONFIG,
    hours: Annotated[float, typer.Option(help="For how long.", min=0.01, max=8760)] = 8,
    as_json: JsonOption = False,
) -> None:
    """Tell an alarm no more for some hours; if it holds then, it is told again.

    --json prints it.
    """
    answer = asyncio.run(_post(config, key, "snooze", {"hours": hours}))
    _show_answer(
        answer, f"{key} is quiet until {show_time(answer['snoozed_until'])}.", as_json=as_json
    )


def _state(one: dict[str, Any]) -> str:
    if one["acknowledged_at"]:
        return f"acknowledged {show_time(one['acknowledged_at'])}"
    return f"quiet until {show_time(one['snoozed_until'])}" if one["snoozed_until"] else ""


def _show_answer(answer: Any, words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        out.print(escape_hidden(words), markup=False)


async def _list(config: Path) -> Any:
    async with open_admin(settings_of(config)) as asked:
        return await asked.get("/api/alarms")


async def _post(config: Path, key: str, act: str, body: Mapping[str, object]) -> Any:
    async with open_admin(settings_of(config)) as asked:
        return await asked.post(f"/api/alarms/{in_path(key)}/{act}", body)
