"""`status`: what waits, what was refused, how the connectors are; once, or again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from receiver.cli.admin_client import open_admin
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.local_times import show_time
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.reports.table_cells import table_cell
from receiver.cli.terminal import out, print_json
from receiver.text.durations import format_duration

_STATES = {"running": "green", "paused": "bold red", "throttled": "yellow", "unavailable": "yellow"}


@app.command()
def status(
    config: ConfigOption = CONFIG,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Look again and again, until Ctrl-C.")
    ] = False,
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.1)] = 2,
    as_json: JsonOption = False,
) -> None:
    """Show what waits, what was refused, and how the connectors are.

    --json prints {"running", "pending", "dead", "quarantined", "oldest_pending_seconds",
    "connectors", "sources", "store", "configuration"}; the connectors by name, each with {"type",
    "state", "reason", "since", "until", "pending", "dead", "oldest_pending_seconds", "leader",
    "note", "sizes", "waiting", "calls", "calls_per_second", "allowed", "dry_run"}; the sources by
    name, each with {"last_event_at", "tokens"}, each token with {"position", "name",
    "last_used_at"}; the store with {"damage", "long_log", "log_bytes"}; the configuration with
    {"process", "others", "needs_restart", "warnings"}. Exit 1 where something needs attention:
    dead deliveries, calls in quarantine, a connector that is paused or whose account's rules hold
    people back, a store that is damaged or has a log that grows, a configuration that was refused,
    differs between processes or needs a restart, or no gateway that runs.
    """
    if watch and as_json:
        fail_command("--watch is for people; a script asks `status --json` again and again.")
    if watch:
        asyncio.run(_watch(config, every))
        return
    answer = asyncio.run(_fetch_status(config))
    if as_json:
        print_json(answer)
    else:
        out.print(_status_table(answer))
    if _needs_attention(answer):
        raise typer.Exit(FOUND)


async def _fetch_status(config: Path) -> dict[str, Any]:
    """What the admin API says, and whether a gateway runs."""
    async with open_admin(settings_of(config)) as asked:
        return {"running": asked.running, **await asked.get("/api/status")}


def _needs_attention(answer: dict[str, Any]) -> bool:
    paused = any(
        one["state"] == "paused" or _has_account_rule(one) for one in answer["connectors"].values()
    )
    return bool(
        paused
        or answer["dead"]
        or answer["quarantined"]
        or _faults(answer["store"])
        or answer["configuration"]["warnings"]
        or not answer["running"]
    )


def _state(connector: dict[str, Any]) -> str:
    return f"{connector['state']}, dry run" if connector["dry_run"] else str(connector["state"])


def _has_account_rule(connector: dict[str, Any]) -> bool:
    """A rule of the account holds people back, which waiting alone does not mend."""
    return bool(connector["waiting"] and connector["waiting"]["rule"])


def _faults(store: dict[str, Any]) -> list[str]:
    """What is wrong with the store, in words."""
    return [store[fault] for fault in ("damage", "long_log") if store[fault]]


async def _watch(config: Path, every: float) -> None:
    async with open_admin(settings_of(config)) as asked:
        if not asked.running:
            fail_command(
                "No gateway runs, so nothing changes. Start it with `aom-gateway serve`.",
                code=FOUND,
            )
        with _looks() as show:
            while True:
                show(_status_table({"running": True, **await asked.get("/api/status")}))
                await asyncio.sleep(every)


@contextmanager
def _looks() -> Iterator[Callable[[RenderableType], None]]:
    """One in the place of the other on a terminal; one after the other in a file."""
    if not out.is_terminal:
        yield out.print
        return
    with Live(console=out, screen=True, auto_refresh=False, vertical_overflow="crop") as live:
        yield lambda look: live.update(look, refresh=True)


def _status_table(answer: dict[str, Any]) -> RenderableType:
    oldest = answer["oldest_pending_seconds"]
    waiting = f"{answer['pending']} waiting" + (
        f", the oldest for {format_duration(oldest)}" if oldest is not None else ""
    )
    head = Text(f"{waiting}; {answer['dead']} dead; {answer['quarantined']} in quarantine")
    if not answer["running"]:
        head.append(
            "\nNo gateway runs: nothing is received or delivered. Start it with `aom-gateway "
            "serve`.",
            style="yellow",
        )
    table = Table("connector", "state", "waiting", "oldest", "dead", "calls/s")
    for name, one in answer["connectors"].items():
        table.add_row(
            table_cell(name),
            table_cell(_state(one), _STATES.get(one["state"], "")),
            table_cell(one["pending"]),
            table_cell(format_duration(one["oldest_pending_seconds"])),
            table_cell(one["dead"], "red" if one["dead"] else ""),
            table_cell(_rate(one) if answer["running"] else ""),
        )
    faults = (table_cell(fault, "red") for fault in _faults(answer["store"]))
    configuration = (table_cell(words, "yellow") for words in answer["configuration"]["warnings"])
    remarks = _remarks(answer["connectors"])
    return Group(head, *faults, *configuration, table, *remarks, _sources(answer["sources"]))


def _sources(sources: dict[str, Any]) -> RenderableType:
    """Whether AOM still calls, and by which token. A token's name opens nothing."""
    table = Table("source", "last event", "token", "last used")
    for name, one in sources.items():
        last_event = _show_moment(one["last_event_at"])
        for token in one["tokens"]:
            used = _show_moment(token["last_used_at"])
            first = token["position"] == 1
            table.add_row(
                table_cell(name if first else ""),
                table_cell(last_event if first else ""),
                table_cell(f"{token['position']} ({token['name']})"),
                table_cell(used),
            )
    return table


def _show_moment(iso: str | None) -> str:
    return show_time(iso) or "never seen"


def _remarks(connectors: dict[str, Any]) -> Iterator[Text]:
    """What of each connector does not fit into a table."""
    for name, one in connectors.items():
        if one["leader"]:
            yield table_cell(f"{name}: delivered by {one['leader']}")
        for text in (one["reason"], one["note"]):
            if text:
                yield table_cell(f"{name}: {text}", "yellow")
        if one["sizes"]:
            most = ", ".join(f"{size} {object}" for object, size in one["sizes"].items())
            yield table_cell(f"{name}: at most {most} in a call")


def _rate(connector: dict[str, Any]) -> str:
    """Calls that are made in a second, of those that are allowed."""
    used, allowed = f"{connector['calls_per_second']:.1f}", connector["allowed"]
    return f"{used} of {allowed['calls'] / allowed['seconds']:g}" if allowed else used
