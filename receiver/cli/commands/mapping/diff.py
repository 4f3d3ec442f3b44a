"""`diff`: what another mapping would write of the events that are stored."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from receiver.cli.admin_client import open_admin
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, WRONG_USE, CommandFailure, fail_command
from receiver.cli.compared_mappings import (
    ChosenMappings,
    NamedMapping,
    choose_mappings,
    fetch_mapping,
)
from receiver.cli.completion.known_names import complete_connector
from receiver.cli.local_times import SinceOption, UntilOption, parse_time
from receiver.cli.options import (
    CONFIG,
    ConfigOption,
    EventOption,
    JsonOption,
    SourceOption,
    YesOption,
)
from receiver.cli.reports.difference_report import show_comparison, show_note
from receiver.cli.terminal import confirm_action, err, out, print_json
from receiver.comparison import Comparison, ComparisonJob, compare_mappings, lower_priority
from receiver.inbox import EventFilter, StoreUnavailable
from receiver.settings import ConfigError, Settings
from receiver.settings.mapping_document import MappingDocument
from receiver.text.plurals import pluralize

_AT_ONCE = 5_000  # events in one request of a replay


NewArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[NEW.toml]",
        help="The new configuration, or its [[routes]] and [snippets] alone; that of --config "
        "unless given.",
    ),
]
FormerOption = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="OLD.toml",
        help="Compare with this one; with what the running gateway has in force unless given, "
        "or where that is the new one already, with what was in force before it.",
    ),
]
InForceOption = Annotated[
    str | None,
    typer.Option(
        "--in-force-at",
        metavar="TIME",
        help="Compare with the mapping that was in force then: 2026-03-01, "
        "'2026-03-01 14:30', 2h, 3d. The last ten are kept.",
    ),
]


@app.command()
def diff(
    new: NewArgument = None,
    config: ConfigOption = CONFIG,
    former: FormerOption = None,
    in_force_at: InForceOption = None,
    connector: Annotated[
        str | None,
        typer.Option(
            help="What is written to this connector only.", autocompletion=complete_connector
        ),
    ] = None,
    source: SourceOption = None,
    event: EventOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="The newest so many of these events.")
    ] = None,
    replay: Annotated[
        bool,
        typer.Option("--replay", help="Deliver again what differs, after showing it and asking."),
    ] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare two mappings: what each would write of the events that are stored, field by field.

    Nothing is written, and no CRM is called. The events are read beside a running gateway and
    rendered by this command.

    Exit 0 where nothing differs, or all that differs was replayed; 1 where anything differs; 2
    where it could not be compared.
    """
    settings = settings_of(config, code=WRONG_USE)
    if former is not None and in_force_at is not None:
        fail_command("Give --from or --in-force-at, not both: they name what to compare with.")
    at = parse_time(in_force_at) if in_force_at else None
    in_force = fetch_mapping(settings)
    before, after = choose_mappings(settings, in_force, ChosenMappings(config, new, former, at))
    if replay:
        _require_in_force(settings, in_force, after)
    events = EventFilter(
        source=source,
        event=event,
        since=parse_time(since) if since else None,
        until=parse_time(until) if until else None,
    )
    found = _compare(
        ComparisonJob(settings.store.url, before.document, after.document, events, connector, limit)
    )
    if not as_json:
        show_comparison(found, before.name, after.name)
    replayed = None
    if replay and found.differs:
        replayed = asyncio.run(_replay(settings, found, yes=yes, as_json=as_json))
    if as_json:
        answer = {"before": before.name, "after": after.name, **found.plain()}
        print_json(answer if replayed is None else {**answer, "replayed": replayed})
    if found.differs and replayed is None:
        raise typer.Exit(FOUND)


def _require_in_force(
    settings: Settings, in_force: MappingDocument | None, after: NamedMapping
) -> None:
    """A replay is rendered by the mapping that the gateway has."""
    has = in_force if in_force is not None else MappingDocument.of(settings)
    if after.document.to_toml() != has.to_toml():
        fail_command(
            f"--replay: the gateway has another mapping in force than {after.name}, and would "
            "deliver by that. Put the new one in force first, with `aom-gateway reload`."
        )


def _require_known(job: ComparisonJob) -> None:
    for option, name, known in (
        ("--connector", job.connector, {**job.before.connectors, **job.after.connectors}),
        ("--source", job.events.source, {**job.before.sources, **job.after.sources}),
    ):
        if name is not None and name not in known:
            fail_command(f"{option}: {name!r} is not configured; there are: {', '.join(known)}")


def _compare(job: ComparisonJob) -> Comparison:
    _require_known(job)
    lower_priority()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as progress:
        task = progress.add_task("comparing", total=None)
        try:
            return compare_mappings(
                job, lambda done, total: progress.update(task, completed=done, total=total)
            )
        except StoreUnavailable as error:
            fail_command(f"store.url: {error}")
        except ConfigError as error:
            raise CommandFailure("", WRONG_USE, error.faults, Path("the mapping")) from error


async def _replay(settings: Settings, found: Comparison, *, yes: bool, as_json: bool) -> int:
    """Deliver again the events that write what differs; how many deliveries are pending then."""
    chosen = [
        {"connector": connector, "ids": list(events[start : start + _AT_ONCE])}
        for connector, events in found.again.items()
        for start in range(0, len(events), _AT_ONCE)
    ]
    if not chosen:
        show_note(
            "There is nothing to deliver again: what differs is only not written any more, or "
            "counts for what comes from now on."
        )
        return 0
    async with open_admin(settings) as asked:
        planned = [await asked.post("/api/replay", {**one, "dry_run": True}) for one in chosen]
        if not as_json:
            events = pluralize(sum(map(len, found.again.values())), "event")
            most = pluralize(sum(one["replayed"] for one in planned), "delivery")
            out.print(f"{events} to be delivered again: {most} at most, with the later ones of")
            out.print("the same people, so that nobody is moved backwards.")
        confirm_action("Deliver them again?", yes=yes, as_json=as_json)
        answers = [await asked.post("/api/replay", one) for one in chosen]
        for note in dict.fromkeys(note for one in answers for note in one["notes"]):
            show_note(note)
        replayed: int = sum(one["replayed"] for one in answers)
        if not as_json:
            later = "" if asked.running else ", and delivered once `aom-gateway serve` runs"
            out.print(f"{pluralize(replayed, 'delivery')} pending again{later}.")
        return replayed
