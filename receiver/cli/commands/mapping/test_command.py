"""`test`: runs the tests of a mapping, without a credential, a store or a CRM."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from receiver.cases import (
    TEST_FOLDER,
    Case,
    CaseResult,
    MappingCoverage,
    NamedThings,
    read_case_files,
    run_case,
)
from receiver.cases.case_writer import can_update, update_cases
from receiver.cases.junit import junit_report
from receiver.cases.runner import result_as_json
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, CommandFailure, fail_command
from receiver.cli.completion.stored_ids import complete_event_id
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.reports.case_report import show_coverage, show_results
from receiver.cli.saved_case import replace_file, save_case
from receiver.cli.terminal import err, out, print_json
from receiver.gateway import sites_of
from receiver.mapping import RouteTable
from receiver.settings import ConfigError, Settings
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize

FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(help="Files with cases; tests/*.toml beside the configuration unless given."),
]
SaveOption = Annotated[
    str | None,
    typer.Option(
        "--save",
        help="Make a case of this stored event, its personal data replaced, in the file "
        "given or in tests/saved.toml.",
        metavar="EVENT_ID",
        autocompletion=complete_event_id,
    ),
]
CoverageOption = Annotated[
    bool,
    typer.Option(
        "--coverage",
        help="Say which routes, upserts, conditions, map entries and defaults no case reaches.",
    ),
]
FailUnderOption = Annotated[
    float | None,
    typer.Option(
        "--fail-under",
        help="Exit 1 where the cases reach less of the mapping than so many percent.",
        min=0,
        max=100,
    ),
]


@app.command(name="test")
def run_tests(
    files: FilesArgument = None,
    config: ConfigOption = CONFIG,
    update: Annotated[
        bool, typer.Option("--update", help="Write what comes now into the cases that fail.")
    ] = False,
    save: SaveOption = None,
    coverage: CoverageOption = False,
    fail_under: FailUnderOption = None,
    junit: Annotated[
        Path | None, typer.Option(help="Write the results into this file, as JUnit's XML.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the tests of the mapping: what each call must write. Nothing is sent, and no secret is
    needed.

    --json prints {"passed", "failed", "cases", "coverage"}, a case being {"file", "name", "event",
    "passed", "failures", "not_expected", "notes"}; with --save {"file", "name", "passed"}.
    """
    settings = settings_of(config, stand_ins=save is None)
    if save is not None:
        if files and len(files) > 1:
            fail_command("--save writes into one file; name one.")
        save_case(settings, save, files[0] if files else None, as_json=as_json)
        return
    watched = MappingCoverage()
    routes = RouteTable.compile(settings, watch=watched.watch)
    cases = _read_cases(settings, _chosen_files(config, files))
    results = _run(settings, routes, cases, watched)
    if update and _update(results, quiet=as_json):
        results = _run(settings, routes, _read_cases(settings, _files_of(cases)), watched)
    if junit is not None:
        _write(junit, junit_report(results))
    show_all = coverage or fail_under is not None
    _show_outcome(results, watched if show_all else None, as_json=as_json)
    too_little = fail_under is not None and watched.percent < fail_under
    if too_little and not as_json:
        err.print(f"That is less than {fail_under:g} %.", style="red")
    if too_little or not all(result.passed for result in results):
        raise typer.Exit(FOUND)


def _chosen_files(config: Path, files: list[Path] | None) -> list[Path]:
    """Those named, or those beside the configuration; none is wrong use."""
    for file in files or ():
        if not file.is_file():
            fail_command(f"There is no file {file}.")
    folder = config.parent / TEST_FOLDER
    found = files or sorted(folder.glob("*.toml"))
    if not found:
        fail_command(
            f"There are no tests: no {folder}/*.toml. `aom-gateway init` writes first ones, and "
            "`aom-gateway test --save EVENT_ID` makes one of a stored event."
        )
    return list(dict.fromkeys(found))


def _files_of(cases: Sequence[Case]) -> list[Path]:
    return list(dict.fromkeys(case.file for case in cases))


def _read_cases(settings: Settings, files: list[Path]) -> tuple[Case, ...]:
    known = NamedThings(tuple(settings.sources), tuple(settings.connectors))
    try:
        cases = read_case_files(files, known)
    except ConfigError as error:
        raise CommandFailure("", FOUND, error.faults, Path(TEST_FOLDER)) from error
    if not cases:
        fail_command(f"There is no [[case]] in {', '.join(map(str, files))}.")
    return cases


def _run(
    settings: Settings, routes: RouteTable, cases: Sequence[Case], watched: MappingCoverage
) -> list[CaseResult]:
    sites = sites_of(settings)
    results = [run_case(case, sites, routes) for case in cases]
    for result in results:
        if result.explanation is not None:
            watched.note(result.explanation)
    return results


def _show_outcome(
    results: list[CaseResult], watched: MappingCoverage | None, *, as_json: bool
) -> None:
    if not as_json:
        show_results(results)
        if watched is not None:
            show_coverage(watched)
        return
    passed = sum(result.passed for result in results)
    summary: dict[str, Any] = {"passed": passed, "failed": len(results) - passed}
    summary["cases"] = [result_as_json(result) for result in results]
    if watched is not None:
        missed = [
            {"connector": point.connector, "where": point.where, "what": point.what}
            for point in watched.missed
        ]
        summary["coverage"] = {
            "reached": watched.total - len(missed),
            "total": watched.total,
            "percent": round(watched.percent, 1),
            "missed": missed,
        }
    print_json(summary)


def _update(results: list[CaseResult], *, quiet: bool) -> bool:
    """Write what comes now; whether anything was written."""
    changed = [result for result in results if not result.passed and can_update(result)]
    for file, of_file in groupby(changed, key=lambda result: result.case.file):
        ones = list(of_file)
        text = file.read_bytes().decode("utf-8-sig")
        replace_file(file, update_cases(text, ones).encode())
        if not quiet:
            out.print(
                escape_hidden(f"Wrote what comes now of {pluralize(len(ones), 'case')}: {file}"),
                markup=False,
            )
    return bool(changed)


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        fail_command(f"{file} can't be written: {error.strerror or error}", code=FOUND)
