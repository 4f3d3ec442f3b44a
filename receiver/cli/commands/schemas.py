"""`schemas`: what AOM sends, as JSON Schema."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from receiver.aom import EVENTS, LABELS, json_schema
from receiver.cli.app import app, fail_command, out


@app.command()
def schemas(
    event: Annotated[
        str | None, typer.Argument(help="One event; a list of all unless given.")
    ] = None,
    directory: Annotated[
        Path | None, typer.Option("--to", help="Write every schema into this directory.")
    ] = None,
) -> None:
    """Show what AOM sends, as JSON Schema."""
    if event and event not in EVENTS:
        fail_command(f"{event!r} is not an event; there are: {', '.join(EVENTS)}")
    if directory:
        directory.mkdir(parents=True, exist_ok=True)
        for name in [event] if event else EVENTS:
            (directory / f"{name}.json").write_text(_as_json(name), encoding="utf-8")
        out.print(
            f"Wrote {1 if event else len(EVENTS)} schemas into {directory}{os.sep}", markup=False
        )
    elif event:
        typer.echo(_as_json(event), nl=False)
    else:
        table = Table("event", "in AOM's menu")
        for name in EVENTS:
            table.add_row(name, LABELS[name])
        out.print(table)


def _as_json(event: str) -> str:
    return json.dumps(json_schema(event), indent=2, ensure_ascii=False) + "\n"
