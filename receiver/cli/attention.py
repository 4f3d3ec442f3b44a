"""`dead` and `quarantine`: what waits for a decision, grouped by its reason, and what can be decided."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column, Table
from rich.text import Text

from receiver.cli.admin import Admin, admin
from receiver.cli.app import CONFIG, FOUND, ConfigOption, JsonOption, YesOption, app, confirm, err, fail, out, print_json, settings_of
from receiver.cli.harmless import cell
from receiver.cli.moments import shown

DiscardOption = Annotated[str | None, typer.Option(help="Give up all of this group.", metavar="GROUP")]


@app.command()
def dead(config: ConfigOption = CONFIG, discard: DiscardOption = None, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Show what was refused for good, grouped by its reason; replay a group with `replay --group`.

    --json prints a list of {"id", "connector", "reason", "count", "first", "last"}, of --discard {"discarded"}.
    Exit 1 where anything is dead.
    """
    if discard is not None:
        asyncio.run(_discard(config, "dead", "/api/discard", discard, yes=yes, as_json=as_json))
        return
    groups = asyncio.run(_groups(config))["dead"]
    _tell(groups, _why_dead, "Nothing is dead.", "replay --group GROUP", as_json=as_json)


@app.command()
def quarantine(
    config: ConfigOption = CONFIG,
    revalidate: Annotated[bool, typer.Option("--revalidate", help="Judge all that is in quarantine anew.")] = False,
    discard: DiscardOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show calls that were not understood, grouped by their faults.

    --json prints a list of {"id", "source", "event", "errors", "count", "first", "last"}, of --discard {"discarded"}, of --revalidate
    {"accepted", "remaining"}. Exit 1 where any are in quarantine.
    """
    if revalidate and discard is not None:
        fail("Give --revalidate or --discard, not both.")
    if discard is not None:
        asyncio.run(_discard(config, "quarantined", "/api/quarantine/discard", discard, yes=yes, as_json=as_json))
    elif revalidate:
        asyncio.run(_revalidate(config, as_json=as_json))
    else:
        groups = asyncio.run(_groups(config))["quarantined"]
        _tell(groups, _why_quarantined, "Nothing is in quarantine.", "quarantine --revalidate", as_json=as_json)


async def _groups(config: Path) -> Any:
    async with admin(settings_of(config)) as asked:
        return await asked.get("/api/groups")


async def _discard(config: Path, kind: str, path: str, id: str, *, yes: bool, as_json: bool) -> None:
    async with admin(settings_of(config)) as asked:
        group = await _group(asked, kind, id)
        confirm(f"Give up all {group['count']} of the group {id}?", yes=yes, as_json=as_json)
        answer = await asked.post(path, {"group": id})
    if as_json:
        print_json(answer)
    else:
        out.print(f"{answer['discarded']} discarded.")


async def _group(asked: Admin, kind: str, id: str) -> Any:
    groups = (await asked.get("/api/groups"))[kind]
    found = [group for group in groups if group["id"] == id]
    if not found:
        known = ", ".join(group["id"] for group in groups) or "none"
        fail(f"There is no group {id!r} of those {kind}; it may have been mended meanwhile. There are: {known}.", code=FOUND)
    return found[0]


async def _revalidate(config: Path, *, as_json: bool) -> None:
    async with admin(settings_of(config)) as asked:
        with err.status("Judging what is in quarantine anew …"):
            answer = await asked.post("/api/quarantine/revalidate")
    if as_json:
        print_json(answer)
    else:
        out.print(f"{answer['accepted']} accepted; {answer['remaining']} still with faults.")
    if answer["remaining"]:
        raise typer.Exit(FOUND)


def _tell(groups: list[Any], why: Callable[[Any], Text], nothing: str, remedy: str, *, as_json: bool) -> None:
    if as_json:
        print_json(groups)
    elif groups:
        table = Table(Column("group", no_wrap=True), Column("number", justify="right"), "why", Column("first and last", no_wrap=True))
        for one in groups:
            times = f"{shown(one['first'])}\n{shown(one['last'])}"
            table.add_row(cell(one["id"]), cell(one["count"]), why(one), Text(times))
        out.print(table)
        out.print(f"See one with `events --group GROUP`; when the cause is mended: `{remedy}`.", style="dim")
    else:
        out.print(nothing)
    if groups:
        raise typer.Exit(FOUND)


def _why_dead(group: dict[str, Any]) -> Text:
    return cell(f"{group['connector']}: {group['reason']}")


def _why_quarantined(group: dict[str, Any]) -> Text:
    faults = "; ".join(f"{error['path'] or 'the body'} {error['message']}" for error in group["errors"])
    return cell(f"{group['source']}, {group['event'] or 'no known event'}: {faults}")
