"""`replay`: deliver again, after a mapping was mended or a CRM put right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from receiver.cli.admin import Admin, admin
from receiver.cli.app import CONFIG, FOUND, ConfigOption, JsonOption, YesOption, app, confirm, err, fail, out, print_json, settings_of
from receiver.cli.moments import SinceOption, UntilOption, iso

GLANCE = 0.3  # seconds between two looks at how far it is


@app.command()
def replay(
    ids: Annotated[list[str] | None, typer.Argument(help="Events by their ids; or choose with the options.")] = None,
    config: ConfigOption = CONFIG,
    group: Annotated[str | None, typer.Option(help="A group of `dead`.")] = None,
    state: Annotated[str | None, typer.Option(help="Deliveries that are pending, delivered, dead or discarded.")] = None,
    connector: Annotated[str | None, typer.Option(help="To this connector.")] = None,
    source: Annotated[str | None, typer.Option(help="Events of this source.")] = None,
    event: Annotated[str | None, typer.Option(help="Events of this name, e.g. order.placed.")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many it would be.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until all that was received so far is delivered or dead.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Deliver again, with all that came later for the same people, so that nobody is moved backwards. Asks first, with the numbers."""
    given = {
        "ids": ids,
        "group": group,
        "state": state,
        "connector": connector,
        "source": source,
        "event": event,
        "since": iso(since),
        "until": iso(until),
    }
    chosen = {name: value for name, value in given.items() if value}
    if not chosen:
        fail("Say what to replay: ids of events, --group, or --state, --connector, --source, --event, --since, --until.")
    answer = asyncio.run(_replay(config, chosen, dry_run=dry_run, wait=wait, yes=yes, as_json=as_json))
    if as_json:
        print_json(answer)
    if not answer["replayed"]:
        raise typer.Exit(FOUND)


async def _replay(config: Path, chosen: dict[str, Any], *, dry_run: bool, wait: bool, yes: bool, as_json: bool) -> Any:
    async with admin(settings_of(config)) as asked:
        planned = await asked.post("/api/replay", {**chosen, "dry_run": True})
        if not as_json:
            out.print(_plan(planned))
        if dry_run or not planned["replayed"]:
            return planned
        confirm("Deliver them again?", yes=yes, as_json=as_json)
        started = datetime.now(UTC)
        answer = await _with_progress(asked, chosen, planned["lanes"])
        if not as_json:
            what = "are pending again" if asked.running else "are pending again, and are delivered once `aom-gateway serve` runs"
            out.print(f"{answer['replayed']} deliveries {what}.")
        if wait and asked.running:
            await _until_delivered(asked, started, chosen.get("connector"))
        return answer


def _plan(planned: dict[str, Any]) -> str:
    if not planned["replayed"]:
        return "Nothing is to be delivered again: what was chosen is not there, or is pending already."
    later = planned["replayed"] - planned["chosen"]
    more = f", and {later} that came later for the same people" if later > 0 else ""
    return f"{planned['chosen']} deliveries were chosen{more}: {planned['replayed']} would be delivered again, in {planned['lanes']} lanes."


async def _with_progress(asked: Admin, chosen: dict[str, Any], lanes: int) -> Any:
    """A replay goes on by itself even if this command is interrupted."""
    with _progress() as progress:
        task = progress.add_task("making pending", total=lanes)
        async with _looking(progress, task, asked):
            answer = await asked.post("/api/replay", chosen)
        progress.update(task, completed=lanes)
    return answer


@asynccontextmanager
async def _looking(progress: Progress, task: Any, asked: Admin) -> AsyncIterator[None]:
    async def look() -> None:
        while True:
            await asyncio.sleep(GLANCE)
            running = (await asked.get("/api/replays"))["items"]
            if running and running[-1]["lanes"]:
                progress.update(task, completed=running[-1]["done"], total=running[-1]["lanes"])

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _until_delivered(asked: Admin, received_before: datetime, connector: str | None) -> None:
    """Events that came since are not waited for."""
    query = {"state": "pending", "until": received_before.isoformat(), "connector": connector, "limit": 1}
    with _progress() as progress:
        task = progress.add_task("delivering", total=None)
        most = 0
        while (await asked.get("/api/events", **query))["items"]:
            pending = (await asked.get("/api/status"))["pending"]
            most = max(most, pending)
            progress.update(task, completed=most - pending, total=most)
            await asyncio.sleep(GLANCE)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, disable=not err.is_terminal, transient=True)
