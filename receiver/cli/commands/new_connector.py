"""`new-connector`: from nothing to a connector that keeps the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from receiver.cli.app import app, fail_command, out
from receiver.cli.connector_scaffold import package_name, write_connector


@app.command("new-connector")
def new_connector(
    name: Annotated[str, typer.Argument(help="What the CRM is called, such as `acme_crm`.")],
    no_batch: Annotated[
        bool, typer.Option("--no-batch", help="The CRM takes one record in a call.")
    ] = False,
) -> None:
    """Write the package of a connector for another CRM, with a small fake of it and tests."""
    try:
        package = package_name(name)
    except ValueError as error:
        fail_command(str(error))
    folder = Path(package)
    try:
        files = write_connector(folder, package, batch=not no_batch)
    except FileExistsError:
        fail_command(f"{folder} exists already, and nothing is replaced: choose another name.")
    except OSError as error:
        fail_command(f"{folder} can't be written: {error.strerror or error}")
    if package != name:
        out.print(f"A package has no dashes in its name: it is {package}.", markup=False)
    out.print(
        f"Wrote {len(files)} files into {folder}. Next: `cd {folder}`, `pip install -e .`, "
        "`pytest`; README.md says what to change.",
        markup=False,
    )
