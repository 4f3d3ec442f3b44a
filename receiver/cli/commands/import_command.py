"""`import`: a school's history from a file, through the gateway's own intake."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from time import time
from typing import Annotated

import typer

from receiver.aom import EVENTS, Event
from receiver.cli.admin_client import open_admin
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.completion.known_names import complete_event, complete_source
from receiver.cli.local_times import parse_time
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.reports.import_report import ImportWatcher, show_import, watch_import
from receiver.cli.terminal import print_json
from receiver.config_errors import suggest_name
from receiver.gateway import sites_of
from receiver.importer import (
    ColumnOptions,
    ImportJob,
    ImportRun,
    IntakeClient,
    LineSender,
    NotOurs,
    RejectsFile,
    UnreadableFile,
    WrongMapping,
    dry_run,
    is_json_lines,
    submit_lines,
    summarize_run,
)
from receiver.mapping import RouteTable
from receiver.settings import Settings

FileArgument = Annotated[
    Path,
    typer.Argument(
        help="CSV with a line of headers, or JSON Lines with one payload each; .gz too."
    ),
]
LineEventOption = Annotated[
    str | None,
    typer.Option(
        "--event",
        help="What each line is, e.g. account.created; not needed for JSON.",
        autocompletion=complete_event,
    ),
]
SiteOption = Annotated[
    str | None,
    typer.Option(
        "--source",
        help="The site it comes from; needed where there are several.",
        autocompletion=complete_source,
    ),
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--column", help='What a column is: "E-mail=customer.email"; "E-mail=" leaves it out.'
    ),
]
TimeColumnOption = Annotated[
    str,
    typer.Option(
        "--time-column", help="The column, or in JSON the path, that says when it happened."
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="The time of lines without a date: when the export was made."),
]
FaultsOption = Annotated[
    Path | None,
    typer.Option("--faults", help="Where faulty lines go; FILE.faults.csv unless given."),
]


@app.command("import")
def import_(
    file: FileArgument,
    config: ConfigOption = CONFIG,
    event: LineEventOption = None,
    source: SiteOption = None,
    column: ColumnOption = None,
    constant: Annotated[
        list[str] | None, typer.Option("--set", help="The same for every line: status=COMPLETED.")
    ] = None,
    time_column: TimeColumnOption = "",
    date_format: Annotated[
        str, typer.Option(help="How dates are written, e.g. %d/%m/%Y %H:%M.")
    ] = "",
    as_of: AsOfOption = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of a CSV file: cp1252 for an older Excel.")
    ] = None,
    faults: FaultsOption = None,
    from_line: Annotated[int, typer.Option(help="Go on from this line of the file.", min=1)] = 1,
    patience: Annotated[
        float, typer.Option(help="Seconds to wait for a gateway that does not answer.", min=0)
    ] = 60,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be sent, and what is wrong.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Hand in a school's history. Each line takes its place in time: what happened later, and was
    received already, stays on top.

    Its time is what --time-column says, else its own date, else --as-of. The date of an order says
    when it was made: what happened to it later (failed, refused, refunded) needs one of the two.
    Lines of the same time stay in the order of the file, or in the other one where time runs
    backwards over its first lines.

    Lines go through the same validation as what AOM sends, wait behind it, and can be sent again
    without harm. Exit 1 where lines were faulty or the import stopped early.
    """
    settings = settings_of(config)
    options = ColumnOptions(
        _pairs("--column", column), _pairs("--set", constant), time_column, date_format
    )
    job = ImportJob(
        file=file,
        site=sites_of(settings)[_source(settings, source)],
        event=_event(event, file),
        options=options,
        as_of=_past(as_of),
        encoding=encoding,
        from_line=from_line,
        longest=settings.server.max_body_bytes,
    )
    run, faults_file = ImportRun(job), None if dry_run else faults or Path(f"{file}.faults.csv")
    _run_to_its_end(settings, run, faults_file, patience, quiet=as_json)
    if as_json:
        print_json({"dry_run": dry_run, **summarize_run(run, faults_file)})
    else:
        show_import(run, faults_file)
    if run.faulty or run.stopped:
        raise typer.Exit(FOUND)


def _run_to_its_end(
    settings: Settings, run: ImportRun, faults: Path | None, patience: float, *, quiet: bool
) -> None:
    """What ends it early is noted in the run; what was wrong from the start ends the command."""
    file = run.job.file
    try:
        _run(settings, run, faults, patience, quiet=quiet)
    except (WrongMapping, NotOurs) as error:
        fail_command(f"{file}: {error}")
    except UnreadableFile as error:
        if not run.lines:
            fail_command(str(error))
        run.stopped = str(error)
    except KeyboardInterrupt:
        run.stopped = "interrupted"


def _run(
    settings: Settings, run: ImportRun, faults: Path | None, patience: float, *, quiet: bool
) -> None:
    """`faults` is None for a dry run."""
    with watch_import(run, quiet=quiet) as watcher:
        if faults is None:
            dry_run(run, _deliveries(settings, run.job.site.name))
            return
        if faults.absolute() == run.job.file.absolute():
            raise NotOurs("--faults names the file itself")
        asyncio.run(_hand_in(settings, run, faults, watcher, patience))


async def _hand_in(
    settings: Settings, run: ImportRun, path: Path, watcher: ImportWatcher, patience: float
) -> None:
    source = run.job.site.name
    token = settings.sources[source].tokens[0].get_secret_value()
    with run.open_batches() as batches, _faults_of(run, path) as faults:
        async with open_admin(settings) as asked:
            run.unattended = not asked.running
            post = IntakeClient(
                asked.http,
                source=source,
                token=token,
                named=run.job.event,
                patience=patience,
                silent=watcher.silent,
            )
            await submit_lines(run, batches, LineSender(post), faults)


@contextmanager
def _faults_of(run: ImportRun, path: Path) -> Iterator[RejectsFile]:
    """Raises NotOurs."""
    headers = run.columns.headers if run.columns else None
    with closing(RejectsFile(path, headers, goes_on=run.job.from_line > 1)) as faults:
        yield faults


def _deliveries(settings: Settings, source: str) -> Callable[[Event], int]:
    routes = RouteTable.compile(settings)
    return lambda event: len(routes.connectors(source, event.name)) * len(event.keys)


def _source(settings: Settings, given: str | None) -> str:
    if given is None and len(settings.sources) > 1:
        fail_command(
            "Say with --source which site the file comes from; there are: "
            f"{', '.join(settings.sources)}"
        )
    name = given or next(iter(settings.sources))
    if name not in settings.sources:
        fail_command(
            f"--source: {name!r} is not configured; "
            f"{suggest_name(name, settings.sources, 'there are')}"
        )
    return name


def _event(given: str | None, file: Path) -> str | None:
    if given is not None and given not in EVENTS:
        fail_command(
            f"--event: {given!r} is no event of AOM; {suggest_name(given, EVENTS, 'there are')}"
        )
    try:
        if given is None and not is_json_lines(file):
            fail_command(
                f"Say with --event what a line of {file} is; there are: {', '.join(EVENTS)}"
            )
    except (OSError, EOFError) as error:
        fail_command(f"{file}: {getattr(error, 'strerror', None) or error}")
    return given


def _pairs(option: str, given: list[str] | None) -> Mapping[str, str]:
    """`HEADER=path`, where the header may hold the sign; `path=value`, where the value may."""
    pairs = {}
    for text in given or ():
        name, sign, value = text.rpartition("=") if option == "--column" else text.partition("=")
        if not sign or not name.strip():
            fail_command(
                f"{option}: {text!r} is no pair; write it like "
                + ("'E-mail=email'" if option == "--column" else "status=COMPLETED")
            )
        pairs[name.strip()] = value.strip()
    return pairs


def _past(text: str | None) -> datetime | None:
    at = parse_time(text) if text is not None else None
    if at and not 0 <= at.timestamp() <= time():
        fail_command(f"--as-of: {text} is no past time; it is when the export was made.")
    return at
