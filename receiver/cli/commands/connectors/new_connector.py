"""`new-connector`: from nothing to a connector that keeps the contract."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from receiver.cli.app import app
from receiver.cli.command_failure import fail_command
from receiver.cli.connector_scaffold import package_name, require_unused, write_connector
from receiver.cli.terminal import out


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
        if os.path.lexists(folder := Path(package)):
            fail_command(f"{folder} exists already, and nothing is replaced: choose another name.")
        require_unused(package)
        files = write_connector(folder, package, batch=not no_batch)
    except ValueError as error:
        fail_command(str(error))
    except OSError as error:
        fail_command(f"{folder} can't be written: {error.strerror or error}")
    if package != name:
        out.print(f"A package has no dashes in its name: it is {package}.", markup=False)
    out.print(
        f"Wrote {len(files)} files into {folder}. Next: `cd {folder}`, `pip install -e '.[dev]'`, "
        "`pytest`; README.md says what to change.",
        markup=False,
    )
