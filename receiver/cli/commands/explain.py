"""`explain`: what a payload would write, without a credential, a store or a CRM."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from receiver.aom import InvalidBody
from receiver.cli.app import (
    CONFIG,
    FOUND,
    ConfigOption,
    JsonOption,
    app,
    err,
    fail_command,
    out,
    print_json,
    settings_of,
)
from receiver.cli.table_cells import table_cell
from receiver.gateway import sites_of
from receiver.mapping import RouteTable, explanation
from receiver.text.escape import escape_hidden


@app.command()
def explain(
    file: Annotated[str, typer.Argument(help="A file with the payload, or - for standard input.")],
    config: ConfigOption = CONFIG,
    event: Annotated[str | None, typer.Option(help="The event that the URL would name.")] = None,
    source: Annotated[
        str | None, typer.Option(help="The source that would send it; the first one unless given.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a payload is recognised as, its normal form, and the records that it would
    write.
    """
    settings = settings_of(config, stand_ins=True)
    name = source or next(iter(settings.sources))
    if name not in settings.sources:
        fail_command(
            f"--source: {name!r} is not configured; there are: {', '.join(settings.sources)}"
        )
    body = payload_of(file)
    try:
        explained = explanation.explain_body(
            body,
            sites_of(settings)[name],
            event,
            RouteTable.compile(settings),
            now=datetime.now(UTC),
        )
    except InvalidBody as invalid:
        _show_faults(invalid, as_json=as_json)
        raise typer.Exit(FOUND) from invalid
    if as_json:
        print_json(explained.plain())
    else:
        _show(explained.plain())
    if explained.faulty:
        raise typer.Exit(FOUND)


def payload_of(file: str) -> bytes:
    """What the file holds, or standard input for `-`."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        fail_command(f"{file}: {error.strerror}")


def _show(explained: dict[str, Any]) -> None:
    out.print(
        f"{explained['event']}, recognised by its {explained['recognised_by']}",
        style="bold",
        markup=False,
    )
    if explained["disagreement"]:
        out.print(escape_hidden(explained["disagreement"]), style="yellow", markup=False)
    if explained["unknown_keys"]:
        out.print(
            escape_hidden(f"keys that no schema knows: {', '.join(explained['unknown_keys'])}"),
            style="yellow",
            markup=False,
        )
    if explained["unreadable"]:
        out.print(
            escape_hidden(f"values that count as absent: {', '.join(explained['unreadable'])}"),
            style="yellow",
            markup=False,
        )
    for fault in explained["left_out"]:
        out.print(
            escape_hidden(f"left out: {fault['path']}: {fault['message']}"),
            style="yellow",
            markup=False,
        )
    print_json(explained["normal"])
    if not explained["deliveries"]:
        out.print(
            "No route wants it: it would be kept, and nothing would be written.", style="yellow"
        )
    for delivery in explained["deliveries"]:
        head = (
            f"{delivery['connector']} ← {delivery['person']} (routes: "
            f"{', '.join(delivery['routes'])})"
        )
        out.print()
        out.print(escape_hidden(head), style="bold", markup=False)
        if "fault" in delivery:
            err.print(escape_hidden(delivery["fault"]), style="red", markup=False)
        for record in delivery.get("records", ()):
            _show_record(record)


def _show_record(record: dict[str, Any]) -> None:
    where = f" by {record['key_field']}" if record["key_field"] else ""
    only = "" if record["creates"] else f", {explanation.ONLY_UPDATES}"
    table = Table(
        title=table_cell(f"{record['object']}{where}: {record['key']}{only}"),
        title_justify="left",
        show_header=False,
    )
    for name, value in record["fields"].items():
        rule = explanation.OVERWRITE_WORDS.get(record["overwrite"].get(name), "")
        table.add_row(table_cell(name), table_cell(value), type(value).__name__, rule)
    for link in record["links"]:
        table.add_row("→", table_cell(link), "link")
    out.print(table)


def _show_faults(invalid: InvalidBody, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "event": invalid.event,
                "errors": [{"path": f.path, "message": f.message} for f in invalid.faults],
            }
        )
        return
    err.print(
        f"It would be kept in quarantine{f', as {invalid.event}' if invalid.event else ''}:",
        style="red",
        markup=False,
    )
    for fault in invalid.faults:
        err.print(escape_hidden(f"  {fault.path or '(body)'}: {fault.message}"), markup=False)
