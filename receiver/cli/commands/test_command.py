"""`test`: runs the tests of a mapping, without a credential, a store or a CRM."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from shutil import copymode
from typing import Annotated, Any

import tomlkit.exceptions
import typer

from receiver.aom.event_names import event_name
from receiver.aom.validation.errors import InvalidBody
from receiver.aom.validation.json_body import parse_body
from receiver.cases import (
    TEST_FOLDER,
    Case,
    CaseResult,
    MappingCoverage,
    NamedThings,
    read_case_files,
    run_case,
)
from receiver.cases.case_writer import NewCase, can_update, case_text, update_cases
from receiver.cases.first_cases import run_new_case
from receiver.cases.junit import junit_report
from receiver.cases.runner import result_as_json
from receiver.cases.stand_ins import replace_personal_data
from receiver.cli.admin_client import in_path, open_admin
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
    show_faults,
)
from receiver.cli.case_report import show_coverage, show_results
from receiver.gateway import sites_of
from receiver.mapping import RouteTable
from receiver.settings import ConfigError, ConfigFault, Settings
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize

SAVED = "saved.toml"


@app.command(name="test")
def run_tests(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files with cases; tests/*.toml beside the configuration unless given."
        ),
    ] = None,
    config: ConfigOption = CONFIG,
    update: Annotated[
        bool, typer.Option("--update", help="Write what comes now into the cases that fail.")
    ] = False,
    save: Annotated[
        str | None,
        typer.Option(
            help="Make a case of this stored event, its personal data replaced, in the file "
            "given or in tests/saved.toml.",
            metavar="EVENT_ID",
        ),
    ] = None,
    coverage: Annotated[
        bool,
        typer.Option(
            "--coverage",
            help="Say which routes, upserts, conditions, map entries and defaults no case reaches.",
        ),
    ] = False,
    fail_under: Annotated[
        float | None,
        typer.Option(
            help="Exit 1 where the cases reach less of the mapping than so many percent.",
            min=0,
            max=100,
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(help="Write the results into this file, as JUnit's XML.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the tests of the mapping: what each call must write. Nothing is sent, and no secret is
    needed.

    --json prints {"passed", "failed", "cases", "coverage"}, a case being {"file", "name", "event",
    "passed", "failures", "not_expected", "notes"}; where a file of cases is wrong {"faults"}.
    """
    settings = settings_of(config, stand_ins=save is None)
    if save is not None:
        _save(settings, save, files or [])
        return
    watched = MappingCoverage()
    routes = RouteTable.compile(settings, watch=watched.watch)
    cases = _read_cases(settings, _chosen_files(config, files), as_json=as_json)
    results = _run(settings, routes, cases, watched)
    if update and _update(results, quiet=as_json):
        results = _run(settings, routes, _read_cases(settings, _files_of(cases)), watched)
    if junit is not None:
        _write(junit, junit_report(results))
    show_all = coverage or fail_under is not None
    _show(results, watched if show_all else None, as_json=as_json)
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


def _read_cases(
    settings: Settings, files: list[Path], *, as_json: bool = False
) -> tuple[Case, ...]:
    known = NamedThings(tuple(settings.sources), tuple(settings.connectors))
    try:
        cases = read_case_files(files, known)
    except ConfigError as error:
        _show_faults(error.faults, as_json=as_json)
        raise typer.Exit(FOUND) from error
    if not cases:
        fail_command(f"There is no [[case]] in {', '.join(map(str, files))}.")
    return cases


def _show_faults(faults: tuple[ConfigFault, ...], *, as_json: bool) -> None:
    if as_json:
        told = [{"where": f.where, "message": f.message, "remedy": f.remedy} for f in faults]
        print_json({"faults": told})
    else:
        show_faults(Path(TEST_FOLDER), faults)


def _run(
    settings: Settings, routes: RouteTable, cases: Sequence[Case], watched: MappingCoverage
) -> list[CaseResult]:
    sites = sites_of(settings)
    results = [run_case(case, sites, routes) for case in cases]
    for result in results:
        if result.explanation is not None:
            watched.note(result.explanation)
    return results


def _show(results: list[CaseResult], watched: MappingCoverage | None, *, as_json: bool) -> None:
    if not as_json:
        show_results(results)
        if watched is not None:
            show_coverage(watched)
        return
    passed = sum(result.passed for result in results)
    told: dict[str, Any] = {"passed": passed, "failed": len(results) - passed}
    told["cases"] = [result_as_json(result) for result in results]
    if watched is not None:
        missed = [
            {"connector": point.connector, "where": point.where, "what": point.what}
            for point in watched.missed
        ]
        told["coverage"] = {
            "reached": watched.total - len(missed),
            "total": watched.total,
            "percent": round(watched.percent, 1),
            "missed": missed,
        }
    print_json(told)


def _update(results: list[CaseResult], *, quiet: bool) -> bool:
    """Write what comes now; whether anything was written."""
    changed = [result for result in results if not result.passed and can_update(result)]
    for file, of_file in groupby(changed, key=lambda result: result.case.file):
        ones = list(of_file)
        text = file.read_bytes().decode("utf-8-sig")
        _replace(file, update_cases(text, ones).encode())
        if not quiet:
            out.print(
                escape_hidden(f"Wrote what comes now of {pluralize(len(ones), 'case')}: {file}"),
                markup=False,
            )
    return bool(changed)


def _save(settings: Settings, event_id: str, files: list[Path]) -> None:
    if len(files) > 1:
        fail_command("--save writes into one file; name one.")
    event = asyncio.run(_fetch_event(settings, event_id))
    source = event["source"]
    if source not in settings.sources:
        fail_command(f"The event's source {source!r} is no longer configured.", code=FOUND)
    new = _case_of(event)
    result = run_new_case(new, sites_of(settings)[source], RouteTable.compile(settings))
    file = files[0] if files else settings.directory / TEST_FOLDER / SAVED
    _append_case(file, case_text(new, result.written))
    out.print(
        escape_hidden(
            f"Wrote the case {new.name!r} into {file}. Read it before you pass it on: names, "
            "addresses and texts are replaced, ids and dates are not."
        ),
        markup=False,
    )
    if not can_update(result):
        told = "; ".join(one.message for one in result.mismatches)
        err.print(escape_hidden(f"It fails as it stands: {told}"), style="yellow", markup=False)


async def _fetch_event(settings: Settings, event_id: str) -> Any:
    async with open_admin(settings) as asked:
        return await asked.get(f"/api/events/{in_path(event_id)}")


def _case_of(event: Any) -> NewCase:
    try:
        payload = parse_body(event["raw"].encode()).value
    except InvalidBody as invalid:
        told = "; ".join(fault.message for fault in invalid.faults)
        fail_command(f"What came is no call to make a case of: {told}", code=FOUND)
    plain = json.dumps(replace_personal_data(payload), indent=2, ensure_ascii=False)
    named = event_name(event["named"]) if event["named"] else None
    return NewCase(
        name=f"{event['event'] or 'call'} {event['id']}",
        event=named,
        source=event["source"],
        received_at=datetime.fromisoformat(event["received_at"]),
        body=plain,
    )


def _append_case(file: Path, text: str) -> None:
    before = file.read_bytes().decode("utf-8-sig") if file.exists() else ""
    whole = f"{before.rstrip()}\n\n{text}" if before.strip() else text
    try:
        tomlkit.parse(whole)
    except tomlkit.exceptions.TOMLKitError as error:
        fail_command(f"{file} can't take another case: {error}", code=FOUND)
    file.parent.mkdir(parents=True, exist_ok=True)
    _replace(file, whole.encode())


def _replace(file: Path, content: bytes) -> None:
    """Write it as a whole or not at all: nobody loses the cases that were there."""
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.write_bytes(content)
        if file.exists():
            copymode(file, beside)
        beside.replace(file.resolve())
    except OSError as error:
        beside.unlink(missing_ok=True)
        fail_command(f"{file} can't be written: {error.strerror or error}", code=FOUND)


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        fail_command(f"{file} can't be written: {error.strerror or error}", code=FOUND)
