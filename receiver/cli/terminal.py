"""What commands print: for people in colours, for scripts as JSON, with nothing hidden in it; and
what they ask.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from receiver.cli.command_failure import FOUND, CommandFailure, fail_command
from receiver.config_errors import ConfigFault
from receiver.text.escape import escape_hidden

_PIPED = 200  # columns of a table that no terminal cuts

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _PIPED)
err = Console(
    stderr=True, highlight=False, soft_wrap=True, width=None if sys.stderr.isatty() else _PIPED
)


def print_json(value: Any) -> None:
    """For scripts: plain, also on a terminal."""
    lines = json.dumps(value, indent=2, ensure_ascii=False, default=str).split("\n")
    typer.echo("\n".join(map(escape_hidden, lines)))  # what is escaped means the same in JSON


def show_failure(failure: CommandFailure) -> None:
    """Tell a person why a command has failed."""
    if failure.file is not None:
        show_faults(failure.file, failure.faults)
    if failure.words:
        err.print(escape_hidden(failure.words), style="red", markup=False)


def show_faults(config: Path, faults: tuple[ConfigFault, ...]) -> None:
    """One block per fault: place, what is wrong, what would be right."""
    for fault in faults:
        kind, style = ("warning", "yellow") if fault.warning else ("error", "red")
        err.print(f"{kind}: ", style=f"bold {style}", end="", markup=False)
        err.print(escape_hidden(f"{fault.place}: {fault.message}"), markup=False)
        if fault.remedy:
            err.print(escape_hidden(f"       {fault.remedy}"), style="dim", markup=False)
    errors = sum(not fault.warning for fault in faults)
    if errors:
        err.print(
            escape_hidden(f"{config}: {errors} fault{'s' if errors > 1 else ''}"),
            style="bold",
            markup=False,
        )


def confirm_action(question: str, *, yes: bool, as_json: bool) -> None:
    """Go on only if the operator agrees; a script has to have said so."""
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        fail_command(f"{question} Nobody can be asked here: add --yes.")
    if not typer.confirm(escape_hidden(question), err=True):
        fail_command("Nothing was changed.", code=FOUND)
