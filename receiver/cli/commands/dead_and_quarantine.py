"""`dead` and `quarantine`: what waits for a decision, grouped by its reason, and what can be
decided.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column, Table
from rich.text import Text

from receiver.cli.admin_client import AdminClient, in_path, open_admin
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.commands.explain import payload_of
from receiver.cli.completion.known_names import complete_event
from receiver.cli.completion.stored_ids import complete_group, complete_quarantined_id
from receiver.cli.local_times import show_time
from receiver.cli.options import CONFIG, ConfigOption, JsonOption, YesOption
from receiver.cli.reports.table_cells import table_cell
from receiver.cli.terminal import confirm_action, err, out, print_json
from receiver.text.plurals import pluralize

LimitOption = Annotated[int, typer.Option(help="At most so many groups, the largest first.", min=1)]
DiscardOption = Annotated[
    str | None,
    typer.Option(help="Give up all of this group.", metavar="GROUP", autocompletion=complete_group),
]


PAGE = 500
_COMMANDS = {"dead": "dead", "quarantined": "quarantine"}


@app.command()
def dead(
    config: ConfigOption = CONFIG,
    discard: DiscardOption = None,
    limit: LimitOption = 100,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what was refused for good, grouped by its reason; replay a group with `replay --group`.

    --json prints a list of {"id", "connector", "reason", "count", "first", "last"}, of --discard
    {"discarded"}. Exit 1 where anything is dead.
    """
    if discard is not None:
        asyncio.run(_discard(config, "dead", "/api/discard", discard, yes=yes, as_json=as_json))
        return
    answer = asyncio.run(_groups(config, limit))
    _show_groups(
        answer["dead"],
        answer["dead_groups"],
        _why_dead,
        "Nothing is dead.",
        "replay --group GROUP",
        as_json=as_json,
    )


quarantined = typer.Typer()
app.add_typer(quarantined, name="quarantine")


@quarantined.callback(invoke_without_command=True)
def quarantine(
    context: typer.Context,
    config: ConfigOption = CONFIG,
    revalidate: Annotated[
        bool, typer.Option("--revalidate", help="Judge all that is in quarantine anew.")
    ] = False,
    discard: DiscardOption = None,
    limit: LimitOption = 100,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show calls that were not understood, grouped by their faults; amend one with `quarantine
    amend`.

    --json prints a list of {"id", "source", "event", "errors", "count", "first", "last"}, of
    --discard {"discarded"}, of --revalidate {"accepted", "remaining"}. Exit 1 where any are in
    quarantine.
    """
    if context.invoked_subcommand:
        return
    if revalidate and discard is not None:
        fail_command("Give --revalidate or --discard, not both.")
    if discard is not None:
        asyncio.run(
            _discard(
                config, "quarantined", "/api/quarantine/discard", discard, yes=yes, as_json=as_json
            )
        )
    elif revalidate:
        asyncio.run(_revalidate(config, as_json=as_json))
    else:
        answer = asyncio.run(_groups(config, limit))
        groups, number = answer["quarantined"], answer["quarantined_groups"]
        _show_groups(
            groups,
            number,
            _why_quarantined,
            "Nothing is in quarantine.",
            "quarantine --revalidate",
            as_json=as_json,
        )


@quarantined.command()
def amend(
    id: Annotated[
        str,
        typer.Argument(
            help="The call, as `events --state quarantined` shows it.",
            autocompletion=complete_quarantined_id,
        ),
    ],
    config: ConfigOption = CONFIG,
    event: Annotated[
        str | None,
        typer.Option(
            help="The event that the URL should have named, e.g. order.placed.",
            autocompletion=complete_event,
        ),
    ] = None,
    body: Annotated[
        str | None,
        typer.Option(
            help="A file with the payload as it should have been, or - for standard input."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Give a call in quarantine another event name, or another body; it is judged anew, and
    delivered before its people's later events.

    As it came it stays readable beside it. Where it still has faults, nothing is changed, and they
    are shown; exit 2.
    --json prints {"id", "event", "status", "deliveries"}.
    """
    if event is None and body is None:
        fail_command("Say what it is with --event, or give the mended payload with --body FILE.")
    given = {"event": event, "body": _text_of(body) if body is not None else None}
    answer = asyncio.run(
        _amend(config, id, {name: value for name, value in given.items() if value is not None})
    )
    if as_json:
        print_json(answer)
    elif answer["status"] == "duplicate":
        out.print(f"It repeats the event {answer['id']}, and leaves the quarantine.")
    else:
        out.print(f"Accepted as {answer['event']}: {pluralize(answer['deliveries'], 'delivery')}.")


def _text_of(file: str) -> str:
    try:
        return payload_of(file).decode()
    except UnicodeDecodeError as error:
        fail_command(f"--body: {file} is not UTF-8: {error.reason} at offset {error.start}")


async def _amend(config: Path, id: str, given: dict[str, str]) -> Any:
    async with open_admin(settings_of(config)) as asked:
        return await asked.post(f"/api/quarantine/{in_path(id)}/amend", given)


async def _groups(config: Path, limit: int) -> Any:
    """As one answer of the API, from as many as it takes."""
    async with open_admin(settings_of(config)) as asked:
        answer = await asked.get("/api/groups", limit=min(PAGE, limit))
        for skip in range(
            PAGE, min(limit, max(answer["dead_groups"], answer["quarantined_groups"])), PAGE
        ):
            more = await asked.get("/api/groups", skip=skip, limit=min(PAGE, limit - skip))
            for kind in ("dead", "quarantined"):
                answer[kind] += more[kind]
        return answer


async def _discard(
    config: Path, kind: str, path: str, id: str, *, yes: bool, as_json: bool
) -> None:
    async with open_admin(settings_of(config)) as asked:
        group = await _group(asked, kind, id)
        confirm_action(f"Give up all {group['count']} of the group {id}?", yes=yes, as_json=as_json)
        answer = await asked.post(path, {"group": id})
    if as_json:
        print_json(answer)
    else:
        out.print(f"{answer['discarded']} discarded.")


async def _group(asked: AdminClient, kind: str, id: str) -> Any:
    if not id:
        fail_command("The group is empty.")
    group = await asked.get(f"/api/groups/{in_path(id)}")
    found = "dead" if "connector" in group else "quarantined"
    if found != kind:
        fail_command(f"The group {id!r} is of `{_COMMANDS[found]}`, not of `{_COMMANDS[kind]}`.")
    return group


async def _revalidate(config: Path, *, as_json: bool) -> None:
    async with open_admin(settings_of(config)) as asked:
        with err.status("Judging what is in quarantine anew …"):
            answer = await asked.post("/api/quarantine/revalidate")
    if as_json:
        print_json(answer)
    else:
        out.print(f"{answer['accepted']} accepted; {answer['remaining']} still with faults.")
    if answer["remaining"]:
        raise typer.Exit(FOUND)


def _show_groups(
    groups: list[Any],
    number: int,
    why: Callable[[Any], Text],
    nothing: str,
    remedy: str,
    *,
    as_json: bool,
) -> None:
    if as_json:
        print_json(groups)
    elif groups:
        table = Table(
            Column("group", no_wrap=True),
            Column("number", justify="right"),
            "why",
            Column("first and last", no_wrap=True),
        )
        for one in groups:
            times = f"{show_time(one['first'])}\n{show_time(one['last'])}"
            table.add_row(table_cell(one["id"]), table_cell(one["count"]), why(one), Text(times))
        out.print(table)
        if number > len(groups):
            out.print(
                f"These are {len(groups)} of {number} groups, the largest; see more with --limit."
            )
        out.print(
            f"See one with `events --group GROUP`; when the cause is mended: `{remedy}`.",
            style="dim",
        )
    else:
        out.print(nothing)
    if groups:
        raise typer.Exit(FOUND)


def _why_dead(group: dict[str, Any]) -> Text:
    return table_cell(f"{group['connector']}: {group['reason']}")


def _why_quarantined(group: dict[str, Any]) -> Text:
    faults = "; ".join(
        f"{error['path'] or 'the body'} {error['message']}" for error in group["errors"]
    )
    return table_cell(f"{group['source']}, {group['event'] or 'no known event'}: {faults}")
