"""`schemas`: what AOM sends, as JSON Schema."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from receiver.aom import EVENTS, LABELS, json_schema
from receiver.cli.app import app
from receiver.cli.command_failure import fail_command
from receiver.cli.completion.known_names import complete_event
from receiver.cli.options import CONFIG
from receiver.cli.terminal import out
from receiver.settings import describe_config
from receiver.text.plurals import pluralize

SCHEMA = ".schema.json"  # beside the configuration: editors complete and check by it


@app.command()
def schemas(
    event: Annotated[
        str | None,
        typer.Argument(
            help="One event; a list of all unless given.", autocompletion=complete_event
        ),
    ] = None,
    directory: Annotated[
        Path | None, typer.Option("--to", help="Write every schema into this directory.")
    ] = None,
    of_config: Annotated[
        bool, typer.Option("--config", help="That of config.toml instead, for editors.")
    ] = False,
) -> None:
    """Show what AOM sends, or what config.toml may hold, as JSON Schema."""
    if of_config:
        if event:
            fail_command("--config is the schema of the configuration: leave the event out.")
        _show_config_schema(directory)
        return
    if event and event not in EVENTS:
        fail_command(f"{event!r} is not an event; there are: {', '.join(EVENTS)}")
    if directory:
        directory.mkdir(parents=True, exist_ok=True)
        for name in [event] if event else EVENTS:
            (directory / f"{name}.json").write_text(_as_json(name), encoding="utf-8")
        out.print(
            f"Wrote {pluralize(1 if event else len(EVENTS), 'schema')} into {directory}{os.sep}",
            markup=False,
        )
    elif event:
        typer.echo(_as_json(event), nl=False)
    else:
        table = Table("event", "in AOM's menu")
        for name in EVENTS:
            table.add_row(name, LABELS[name])
        out.print(table)


def _show_config_schema(directory: Path | None) -> None:
    if directory is None:
        typer.echo(config_schema(), nl=False)
        return
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / CONFIG.with_suffix(SCHEMA).name
    path.write_text(config_schema(), encoding="utf-8")
    out.print(f"Wrote {path}", markup=False)


def config_schema() -> str:
    """What config.toml may hold, as a file."""
    return json.dumps(describe_config(), indent=2, ensure_ascii=False) + "\n"


def _as_json(event: str) -> str:
    return json.dumps(json_schema(event), indent=2, ensure_ascii=False) + "\n"
