"""`forget`: a person's wish to be forgotten."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from receiver.cli.admin import admin, in_path
from receiver.cli.app import CONFIG, ConfigOption, JsonOption, YesOption, app, confirm, err, fail, out, print_json, settings_of
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize


@app.command()
def forget(
    email: Annotated[str, typer.Argument(help="The person's e-mail address.")],
    config: ConfigOption = CONFIG,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Erase a person from this gateway, and say what was removed and what is beyond its reach.

    --json prints {"events", "shared_events", "deliveries", "attempts", "lanes", "remote_ids", "mentions", "beyond_reach"}. Exit 0 also
    where nothing of them was stored.
    """
    if "@" not in email.strip("@ "):
        fail(f"{email!r} is no e-mail address.")
    answer = asyncio.run(_forget(config, email.strip(), yes=yes, as_json=as_json))
    if as_json:
        print_json(answer)
    else:
        _show(email.strip(), answer)


async def _forget(config: Path, email: str, *, yes: bool, as_json: bool) -> Any:
    path = f"/api/people/{in_path(email)}"
    async with admin(settings_of(config)) as asked:
        if not yes:
            known = await asked.get(path)
            records = ", ".join(f"{one['object']} {one['id']} at {one['connector']}" for one in known["records"]) or "no record in a CRM"
            lanes = f"deliveries to {', '.join(one['connector'] for one in known['lanes'])}" if known["lanes"] else "no deliveries"
            if not as_json:
                out.print(escape_hidden(f"Known of {email}: {lanes}; {records}."), markup=False)
            confirm(f"Erase {email} from this gateway for good?", yes=yes, as_json=as_json)
        with err.status("Erasing; every stored payload is looked through …"):
            return await asked.delete(path)


def _show(email: str, gone: dict[str, Any]) -> None:
    removed = [
        pluralize(gone[name], one, many)
        for name, one, many in (
            ("events", "event that was theirs alone", "events that were theirs alone"),
            ("shared_events", "event that goes on without them", "events that go on without them"),
            ("deliveries", "delivery", None),
            ("attempts", "attempt", None),
            ("remote_ids", "id of their record in a CRM", "ids of their records in a CRM"),
            ("mentions", "other place in which the address stood", "other places in which the address stood"),
        )
        if gone[name]
    ]
    out.print(escape_hidden(f"{email} is erased: {', '.join(removed) or 'nothing of them was stored'}."), markup=False)
    out.print(f"Not within reach: {'; '.join(gone['beyond_reach'])}.", markup=False)
