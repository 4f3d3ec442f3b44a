"""`replay`: deliver again, after a mapping was mended or a CRM put right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from receiver.cli.admin_client import AdminClient, open_admin
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.completion.known_names import complete_connector
from receiver.cli.completion.stored_ids import complete_event_id, complete_group
from receiver.cli.local_times import SinceOption, UntilOption, iso_time
from receiver.cli.options import (
    CONFIG,
    ConfigOption,
    EventOption,
    JsonOption,
    SourceOption,
    YesOption,
)
from receiver.cli.terminal import confirm_action, err, out, print_json
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize

GLANCE = 0.3  # seconds between two looks at how far it is


class DeliveryState(StrEnum):
    """The states that a delivery can be in, as an option names them."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DRY_RUN = "dry_run"
    DEAD = "dead"
    DISCARDED = "discarded"


@app.command()
def replay(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            help="Events by their ids; or choose with the options.",
            autocompletion=complete_event_id,
        ),
    ] = None,
    config: ConfigOption = CONFIG,
    group: Annotated[
        str | None, typer.Option(help="A group of `dead`.", autocompletion=complete_group)
    ] = None,
    state: Annotated[DeliveryState | None, typer.Option(help="Deliveries in this state.")] = None,
    connector: Annotated[
        str | None, typer.Option(help="To this connector only.", autocompletion=complete_connector)
    ] = None,
    source: SourceOption = None,
    event: EventOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many it would be.")
    ] = False,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait", help="Stay until all that was received so far is delivered or dead."
        ),
    ] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Deliver again, with all that came later for the same people, so that nobody is moved
    backwards. Asks first, with the numbers.

    Events also reach connectors whose routes were added after them. The replay is the gateway's: it
    goes on if this command ends.

    --json prints {"replayed", "chosen", "later", "routed", "lanes", "people", "connectors",
    "dry_run", "notes"}: `replayed` deliveries are pending, of which `chosen` were asked for,
    `later` came later for the same people, and `routed` are for routes that were added later;
    `connectors` says how many go to each. Exit 1 where there was nothing to replay, or after
    --wait anything is dead.
    """
    given = {
        "ids": ids,
        "group": group,
        "state": state,
        "connector": connector,
        "source": source,
        "event": event,
        "since": iso_time(since),
        "until": iso_time(until),
    }
    chosen = {name: value for name, value in given.items() if value is not None and value != []}
    _require_sense(chosen)
    answer, dead = asyncio.run(
        _replay(config, chosen, dry_run=dry_run, wait=wait, yes=yes, as_json=as_json)
    )
    if as_json:
        print_json(answer)
    if dead:
        err.print(f"{pluralize(dead, 'delivery')} dead: see `aom-gateway dead`.", style="red")
    if dead or not answer["replayed"]:
        raise typer.Exit(FOUND)


def _require_sense(chosen: dict[str, Any]) -> None:
    """An option that is empty is a variable of a script that was not set: without it, much more
    would be replayed.
    """
    empty = [
        name for name, value in chosen.items() if value == "" or (name == "ids" and "" in value)
    ]
    if empty:
        fail_command(f"{empty[0] if empty[0] == 'ids' else f'--{empty[0]}'}: is empty.")
    if not chosen:
        fail_command(
            "Say what to replay: ids of events, --group, or --state, --connector, --source, "
            "--event, --since, --until."
        )


async def _replay(
    config: Path, chosen: dict[str, Any], *, dry_run: bool, wait: bool, yes: bool, as_json: bool
) -> tuple[Any, int]:
    """What the gateway answered, and how many are dead where it was waited for."""
    async with open_admin(settings_of(config)) as asked:
        if dry_run or not yes:
            planned = await asked.post("/api/replay", {**chosen, "dry_run": True})
            _tell(planned, f"{planned['replayed']} would be delivered again", as_json=as_json)
            if planned["replayed"] and not as_json:
                _tell_whereto(planned)
            if dry_run or not planned["replayed"]:
                return planned, 0
            confirm_action("Deliver them again?", yes=yes, as_json=as_json)
        started = datetime.now(UTC)
        answer = await _with_progress(asked, chosen)
        later = "" if asked.running else ", and delivered once `aom-gateway serve` runs"
        _tell(answer, f"{answer['replayed']} pending again{later}", as_json=as_json)
        return answer, await _until_delivered(
            asked, started, chosen.get("connector")
        ) if wait and asked.running else 0


def _tell(answer: dict[str, Any], what_becomes: str, *, as_json: bool) -> None:
    for note in answer["notes"]:
        err.print(escape_hidden(note), style="yellow", markup=False)
    if not as_json:
        out.print(f"{_parts(answer)}: {what_becomes}." if answer["replayed"] else _NOTHING)


_NOTHING = "Nothing is to be delivered again: what was chosen is not there, or is pending already."


def _parts(answer: dict[str, Any]) -> str:
    routed = answer["routed"]
    parts = [
        f"{pluralize(answer['chosen'], 'delivery')} chosen" if answer["chosen"] else "",
        f"{answer['later']} that came later for the same people" if answer["later"] else "",
        f"{routed} for routes that were added since" if routed else "",
    ]
    return ", ".join(part for part in parts if part)


def _tell_whereto(planned: dict[str, Any]) -> None:
    to = ", ".join(f"{name} {number}" for name, number in sorted(planned["connectors"].items()))
    people = pluralize(planned["people"], "person", "people")
    of_whom = f", for {people}" if planned["people"] else ""
    out.print(f"To {escape_hidden(to)}{of_whom}. Nobody is moved backwards.", markup=False)


async def _with_progress(asked: AdminClient, chosen: dict[str, Any]) -> Any:
    said = (
        "Interrupted. The replay goes on in the gateway; `aom-gateway status` shows what waits."
        if asked.running
        else "Interrupted. Part of it is pending again; the same command does the rest."
    )
    with _explain_interruption(said), _progress() as progress:
        task = progress.add_task("making pending", total=None)
        async with _looking(progress, task, asked):
            return await asked.post("/api/replay", chosen)


@contextmanager
def _explain_interruption(what_goes_on: str) -> Iterator[None]:
    try:
        yield
    except asyncio.CancelledError:
        err.print(what_goes_on, style="yellow", markup=False)
        raise


@asynccontextmanager
async def _looking(progress: Progress, task: Any, asked: AdminClient) -> AsyncIterator[None]:
    """Show how far the replay is that begins now: the oldest of those that were not there
    before.
    """
    others = {one["started_at"] for one in await _running(asked)}

    async def look() -> None:
        while True:
            await asyncio.sleep(GLANCE)
            for one in [
                one
                for one in await _running(asked)
                if one["started_at"] not in others and one["lanes"]
            ][:1]:
                progress.update(task, completed=one["done"], total=one["lanes"])

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _running(asked: AdminClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await asked.get("/api/replays"))["items"]
    return items


async def _until_delivered(
    asked: AdminClient, received_before: datetime, connector: str | None
) -> int:
    """Returns how many are dead then. Events that came since are not waited for."""
    query = {
        "state": "pending",
        "until": received_before.isoformat(),
        "connector": connector,
        "limit": 1,
    }
    with (
        _explain_interruption("Interrupted. What is pending is delivered all the same."),
        _progress() as progress,
    ):
        task = progress.add_task("delivering", total=None)
        most = 0
        while (await asked.get("/api/events", **query))["items"]:
            pending = (await asked.get("/api/status"))["pending"]
            most = max(most, pending)
            progress.update(task, completed=most - pending, total=most)
            await asyncio.sleep(GLANCE)
    dead: int = (await asked.get("/api/status"))["dead"]
    return dead


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=err, disable=not err.is_terminal, transient=True)
