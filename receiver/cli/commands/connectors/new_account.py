"""`new-account`: go on with another account of the CRM under the same connector's name."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from receiver.cli.admin_client import in_path, open_admin
from receiver.cli.app import app, settings_of
from receiver.cli.completion.known_names import complete_connector
from receiver.cli.options import CONFIG, ConfigOption, JsonOption, YesOption
from receiver.cli.terminal import confirm_action, out, print_json
from receiver.text.plurals import pluralize


@app.command("new-account")
def new_account(
    connector: Annotated[
        str,
        typer.Argument(
            help="The connector's name in the configuration.", autocompletion=complete_connector
        ),
    ],
    config: ConfigOption = CONFIG,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Go on with another account of the CRM under the same name: from its sandbox to production,
    say. The gateway forgets the ids of all records in the former one; a connector that is paused
    since its credentials lead to another account goes on when it looks again, within five minutes.

    Nothing is deleted in either CRM. What was delivered to the former account is not in the new
    one: `replay` brings it there. --json prints {"connector", "forgotten"}.
    """
    question = f"Forget all records that {connector} has written so far, and go on with another?"
    confirm_action(question, yes=yes, as_json=as_json)
    answer = asyncio.run(_forget_account(config, connector))
    if as_json:
        print_json(answer)
        return
    records = pluralize(answer["forgotten"], "record")
    out.print(f"{connector} goes on with the account of its credentials; {records} forgotten.")


async def _forget_account(config: Path, connector: str) -> Any:
    async with open_admin(settings_of(config)) as asked:
        return await asked.post(f"/api/connectors/{in_path(connector)}/new-account")
