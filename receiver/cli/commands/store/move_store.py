"""`move-store`: from SQLite to PostgreSQL."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import Progress, TextColumn

from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.terminal import err, out, print_json
from receiver.inbox import StoreUnavailable
from receiver.inbox.transfer.backup import BackupFault, store_file
from receiver.inbox.transfer.move import MovedTable, MoveFault, move_store
from receiver.text.escape import escape_hidden


@app.command("move-store")
def move(
    url: Annotated[
        str,
        typer.Argument(help="The empty database: postgresql://user:password@host/name."),
    ],
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Copy the SQLite store into an empty PostgreSQL database, while no gateway runs.

    All tables are copied in one transaction, read back and compared row by row; the file stays as
    it is. Then set [store] url and start the gateway. --json prints {"rows", "tables": {name:
    rows}}.
    """
    settings = settings_of(config)
    if not url.startswith("postgres"):
        fail_command("A store moves to PostgreSQL: name postgresql://user:password@host/database.")
    try:
        if not store_file(settings.store.url).exists():
            fail_command("There is no store yet, so there is nothing to move.", code=FOUND)
        moved = _move(settings.store.url, url)
    except BackupFault:
        fail_command("The store is PostgreSQL already.", code=FOUND)
    except (StoreUnavailable, MoveFault) as fault:
        fail_command(f"{fault}.", code=FOUND)
    rows = sum(table.rows for table in moved)
    if as_json:
        print_json({"rows": rows, "tables": {table.name: table.rows for table in moved}})
        return
    for table in moved:
        if table.rows:
            out.print(escape_hidden(f"{table.name:20} {table.rows:>12,}"), markup=False)
    out.print(
        f"{rows:,} {'row is' if rows == 1 else 'rows are'} in PostgreSQL, the same as in the file. "
        "Set [store] url to the database and start the gateway; keep the file until you have seen "
        "it at work.",
        markup=False,
    )


def _move(source: str, target: str) -> list[MovedTable]:
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed:,.0f} rows"))
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=None)

        def moved(table: str, rows: int) -> None:
            progress.update(task, description=table, advance=rows)

        return move_store(source, target, moved)
