"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from receiver.cli.completion.known_names import complete_event, complete_source

ConfigOption = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="AOM_GATEWAY_CONFIG", help="The configuration file."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
CONFIG = Path("config.toml")
SourceOption = Annotated[
    str | None,
    typer.Option("--source", help="Events of this source.", autocompletion=complete_source),
]
EventOption = Annotated[
    str | None,
    typer.Option(
        "--event", help="Events of this name, e.g. order.placed.", autocompletion=complete_event
    ),
]
