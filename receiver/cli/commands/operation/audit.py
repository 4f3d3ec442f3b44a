"""`audit`: what operators did."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from receiver.cli.admin_client import open_admin
from receiver.cli.app import app, settings_of
from receiver.cli.completion.known_names import complete_operator
from receiver.cli.local_times import iso_time, show_time
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.reports.table_cells import table_cell
from receiver.cli.terminal import out, print_json
from receiver.settings import Settings


@app.command()
def audit(
    config: ConfigOption = CONFIG,
    who: Annotated[
        str | None, typer.Option(help="Of this operator.", autocompletion=complete_operator)
    ] = None,
    what: Annotated[str | None, typer.Option(help="This act, e.g. replay or forget.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Done at or after: 2026-03-01, '2026-03-01 14:30', 2h, 3d.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Done before.")] = None,
    before: Annotated[
        int | None, typer.Option(help="Older than this entry: where a list ended.")
    ] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=500)] = 50,
    as_json: JsonOption = False,
) -> None:
    """List what operators did, newest first: who, when, about what, and what came of it. It holds
    no personal data. Times are those of this machine's zone.

    --json prints {"items", "next"}, an item being {"id", "at", "who", "what", "about", "outcome",
    "result"}, and `next` what to give as --before.
    """
    query = {
        "who": who,
        "what": what,
        "since": iso_time(since),
        "until": iso_time(until),
        "before": before,
        "limit": limit,
    }
    page = asyncio.run(_fetch_audit(settings_of(config), query))
    if as_json:
        print_json(page)
    else:
        _show_page(page)


async def _fetch_audit(settings: Settings, query: Mapping[str, object]) -> Any:
    async with open_admin(settings) as asked:
        return await asked.get("/api/audit", **query)


def _show_page(page: Mapping[str, Any]) -> None:
    if not page["items"]:
        out.print("Nothing fits.")
        return
    table = Table("when", "who", "what", Column("about", overflow="fold"), "outcome", box=None)
    for one in page["items"]:
        outcome = f"{one['outcome']}: {one['result']}" if one["result"] else one["outcome"]
        table.add_row(
            show_time(one["at"]), *map(table_cell, (one["who"], one["what"], _about(one), outcome))
        )
    out.print(table)
    if page["next"] is not None:
        out.print(f"There are older ones: --before {page['next']}", markup=False)


def _about(entry: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {value['count']} ({value['digest']})"
        if isinstance(value, dict)
        else f"{name} {value}"
        for name, value in entry["about"].items()
    )
