"""`forget`: a person's wish to be forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from receiver.cli.admin_client import in_path, open_admin
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.options import CONFIG, ConfigOption, JsonOption, YesOption
from receiver.cli.terminal import confirm_action, err, out, print_json
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize

NOTHING_YET = "This gateway keeps what it knows of them: mend it and repeat."


@app.command()
def forget(
    email: Annotated[str, typer.Argument(help="The person's e-mail address.")],
    config: ConfigOption = CONFIG,
    in_crm: Annotated[
        bool, typer.Option("--in-crm", help="Erase them from the CRMs too; shows a plan first.")
    ] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Erase a person from this gateway, and say what was removed and what is beyond its reach.

    --json prints {"events", "shared_events", "deliveries", "attempts", "lanes", "remote_ids",
    "mentions", "beyond_reach", "crm"}. Exit 0 also where nothing of them was stored; 1 where a
    CRM refused, and then this gateway keeps what it knows.
    """
    if "@" not in email.strip("@ "):
        fail_command(f"{email!r} is no e-mail address.")
    answer = asyncio.run(_forget(config, email.strip(), in_crm=in_crm, yes=yes, as_json=as_json))
    refused = any(one["failed"] for one in answer["crm"])
    if as_json:
        print_json(answer)
    else:
        _show_crm(answer["crm"])
        if refused:
            out.print(NOTHING_YET, markup=False)
        else:
            _show_erasure(email.strip(), answer)
    if refused:
        raise typer.Exit(FOUND)


async def _forget(config: Path, email: str, *, in_crm: bool, yes: bool, as_json: bool) -> Any:
    path = f"/api/people/{in_path(email)}"
    async with open_admin(settings_of(config)) as asked:
        if not yes:
            known = await asked.get(path)
            records = (
                ", ".join(
                    f"{one['object']} {one['id']} at {one['connector']}" for one in known["records"]
                )
                or "no record in a CRM"
            )
            lanes = (
                f"deliveries to {', '.join(one['connector'] for one in known['lanes'])}"
                if known["lanes"]
                else "no deliveries"
            )
            if not as_json:
                out.print(escape_hidden(f"Known of {email}: {lanes}; {records}."), markup=False)
                if in_crm:
                    _show_plan((await asked.get(f"/api/erasures/{in_path(email)}"))["items"])
            where = "this gateway and the CRMs" if in_crm else "this gateway"
            confirm_action(f"Erase {email} from {where} for good?", yes=yes, as_json=as_json)
        with err.status("Erasing; every stored payload is looked through …"):
            return await asked.delete(f"{path}?in_crm=true" if in_crm else path)


def _show_plan(planned: Sequence[dict[str, Any]]) -> None:
    for one in planned:
        for step in one["steps"]:
            out.print(escape_hidden(f"{one['connector']} would {step}."), markup=False)
        _show_problems(one["connector"], one["left"])


def _show_crm(erased: Sequence[dict[str, Any]]) -> None:
    for one in erased:
        for step in one["steps"]:
            out.print(escape_hidden(f"{one['connector']}, done: {step}."), markup=False)
        left = [problem for problem in one["left"] if problem not in one["failed"]]
        _show_problems(one["connector"], [*one["failed"], *left])


def _show_problems(connector: str, problems: Sequence[dict[str, Any]]) -> None:
    for problem in problems:
        remedy = f" → {problem['remedy']}" if problem["remedy"] else ""
        text = f"{connector}, {problem['where']}: {problem['message']}{remedy}"
        out.print(escape_hidden(text), markup=False)


def _show_erasure(email: str, gone: dict[str, Any]) -> None:
    removed = [
        pluralize(gone[name], one, many)
        for name, one, many in (
            ("events", "event that was theirs alone", "events that were theirs alone"),
            ("shared_events", "event that goes on without them", "events that go on without them"),
            ("deliveries", "delivery", None),
            ("attempts", "attempt", None),
            ("remote_ids", "id of their record in a CRM", "ids of their records in a CRM"),
            (
                "mentions",
                "other place in which the address stood",
                "other places in which the address stood",
            ),
        )
        if gone[name]
    ]
    out.print(
        escape_hidden(f"{email} is erased: {', '.join(removed) or 'nothing of them was stored'}."),
        markup=False,
    )
    out.print(f"Not within reach: {'; '.join(gone['beyond_reach'])}.", markup=False)
