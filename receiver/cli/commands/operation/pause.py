"""`pause` and `resume`: whether anything is delivered to a connector."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from receiver.cli.admin_client import in_path, open_admin
from receiver.cli.app import app, settings_of
from receiver.cli.completion.known_names import complete_connector
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.terminal import out, print_json
from receiver.text.escape import escape_hidden

ConnectorArgument = Annotated[
    str, typer.Argument(help="Its name in the configuration.", autocompletion=complete_connector)
]


@app.command()
def pause(
    connector: ConnectorArgument,
    reason: Annotated[
        str, typer.Option(help="Why, for whoever sees it. It must hold no personal data.")
    ],
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Begin no delivery to a connector until `resume`; what is under way ends.

    Events are taken as before, and wait: nothing is lost, and nothing is given up. A restart
    changes nothing about it. --json prints {"paused", "changed"}.
    """
    answer = asyncio.run(_post(config, connector, "pause", {"reason": reason}))
    if as_json:
        print_json(answer)
    else:
        was = "" if answer["changed"] else "already "
        text = f"{connector} is {was}paused. Let it go on with `aom-gateway resume {connector}`."
        out.print(escape_hidden(text), markup=False)


@app.command()
def resume(
    connector: ConnectorArgument, config: ConfigOption = CONFIG, as_json: JsonOption = False
) -> None:
    """Deliver to a connector again that was paused by `pause`.

    A pause that the gateway made for a fault of the CRM ends by itself, and stays. --json prints
    {"paused", "changed"}.
    """
    answer = asyncio.run(_post(config, connector, "resume", {}))
    if as_json:
        print_json(answer)
    else:
        text = f"{connector} {'goes on' if answer['changed'] else 'was not paused by an operator'}."
        out.print(escape_hidden(text), markup=False)


async def _post(config: Path, connector: str, act: str, body: Mapping[str, object]) -> Any:
    async with open_admin(settings_of(config)) as asked:
        return await asked.post(f"/api/connectors/{in_path(connector)}/{act}", body)
