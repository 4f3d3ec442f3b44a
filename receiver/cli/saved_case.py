"""Makes a test of the mapping of a stored event, without its personal data."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from shutil import copymode
from typing import Any

import tomlkit.exceptions

from receiver.aom import InvalidBody
from receiver.aom.event_names import find_event_name
from receiver.aom.validation.json_body import parse_body
from receiver.cases import TEST_FOLDER
from receiver.cases.case_writer import NewCase, can_update, case_text
from receiver.cases.first_cases import run_new_case
from receiver.cases.stand_ins import replace_personal_data
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.stored_event import fetch_event
from receiver.cli.terminal import err, out, print_json
from receiver.gateway import sites_of
from receiver.mapping import RouteTable
from receiver.settings import Settings
from receiver.text.escape import escape_hidden

SAVED = "saved.toml"


def save_case(settings: Settings, event_id: str, file: Path | None, *, as_json: bool) -> None:
    """Append the case to the file, or to tests/saved.toml beside the configuration, and say so."""
    event = fetch_event(settings, event_id)
    source = event["source"]
    if source not in settings.sources:
        fail_command(f"The event's source {source!r} is no longer configured.", code=FOUND)
    new = _case_of(event)
    result = run_new_case(new, sites_of(settings)[source], RouteTable.compile(settings))
    file = file or settings.directory / TEST_FOLDER / SAVED
    _append_case(file, case_text(new, result.written))
    if as_json:
        print_json({"file": str(file), "name": new.name, "passed": result.passed})
    else:
        out.print(
            escape_hidden(
                f"Wrote the case {new.name!r} into {file}. Read it before you pass it on: names, "
                "addresses and texts are replaced, ids and dates are not."
            ),
            markup=False,
        )
    if not can_update(result):
        reasons = "; ".join(one.message for one in result.mismatches)
        err.print(escape_hidden(f"It fails as it stands: {reasons}"), style="yellow", markup=False)


def _case_of(event: Any) -> NewCase:
    try:
        payload = parse_body(event["raw"].encode()).value
    except InvalidBody as invalid:
        reasons = "; ".join(fault.message for fault in invalid.faults)
        fail_command(f"What came is no call to make a case of: {reasons}", code=FOUND)
    plain = json.dumps(replace_personal_data(payload), indent=2, ensure_ascii=False)
    named = find_event_name(event["named"]) if event["named"] else None
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
        names = [case.get("name") for case in tomlkit.parse(before).unwrap().get("case", ())]
        (name,) = [case["name"] for case in tomlkit.parse(text).unwrap()["case"]]
        if name in names:
            fail_command(f"{file} holds the case {name!r} already.", code=FOUND)
        tomlkit.parse(whole)
    except tomlkit.exceptions.TOMLKitError as error:
        fail_command(f"{file} can't take another case: {error}", code=FOUND)
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(file, whole.encode())


def replace_file(file: Path, content: bytes) -> None:
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
