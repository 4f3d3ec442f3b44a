"""From files of mapping tests to cases that can be run, or all that is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from receiver.aom import InvalidBody, Profile
from receiver.aom.validation.json_body import parse_body
from receiver.cases.case_check import NamedThings, check_cases
from receiver.cases.case_settings import (
    CaseFileSettings,
    CaseSettings,
    ExpectSettings,
    plain_number,
)
from receiver.config_errors import ConfigError, ConfigFault, read_model
from receiver.settings.toml_document import parse_document

Expectation = ExpectSettings

TEST_FOLDER: Final = "tests"
"""Where the files are, beside the configuration."""


@dataclass(frozen=True, slots=True)
class Case:
    """One call, and what must come of it.

    `index` is its place in the file. Each expectation of a record names its connector.
    """

    file: Path
    index: int
    name: str
    event: str | None
    source: str
    body: bytes
    received_at: datetime
    only: bool
    expect: tuple[Expectation, ...]
    profile: Profile | None = None  # what is known of the person; None: what the call tells


def read_case_files(files: Iterable[Path], known: NamedThings) -> tuple[Case, ...]:
    """All cases, in the order of the files.

    Raises ConfigError with every fault of every file.
    """
    cases: list[Case] = []
    faults: list[ConfigFault] = []
    for file in files:
        try:
            read, wrong = _read_file(file, known)
        except ConfigError as error:
            read, wrong = [], list(error.faults)
        cases += read
        faults += [replace(fault, where=_placed(file, fault.where)) for fault in wrong]
    if faults:
        raise ConfigError(faults)
    return tuple(cases)


def _placed(file: Path, where: str) -> str:
    """The place with its file, which a fault of the TOML has already."""
    if where == str(file):
        return where
    inner = where.removeprefix(file.name).lstrip(", ")
    return f"{file}: {inner}" if inner else str(file)


def _read_file(file: Path, known: NamedThings) -> tuple[list[Case], list[ConfigFault]]:
    settings, faults = read_model(CaseFileSettings, parse_document(file), ())
    read = settings.case if settings else ()
    faults += check_cases(read, known, known_places=[fault.where for fault in faults])
    cases: list[Case] = []
    for index, case in enumerate(read):
        if case.body is not None and case.file is not None:
            continue  # nobody knows which one is meant
        body = _body(file, case)
        if isinstance(body, ConfigFault):
            faults.append(replace(body, where=f"case[{index}].{body.where}"))
        elif not faults:
            cases.append(_case(file, index, case, body, known))
    return cases, faults


def _case(file: Path, index: int, case: CaseSettings, body: bytes, known: NamedThings) -> Case:
    return Case(
        file=file,
        index=index,
        name=case.name,
        event=case.event,
        source=case.source or known.sources[0],
        body=body,
        received_at=case.received_at,
        only=case.only,
        expect=tuple(_with_connector(one, known) for one in case.expect),
        profile=case.profile,
    )


def _with_connector(expect: ExpectSettings, known: NamedThings) -> ExpectSettings:
    if expect.none or expect.connector is not None or len(known.connectors) != 1:
        return expect
    return expect.model_copy(update={"connector": next(iter(known.connectors))})


def _body(file: Path, case: CaseSettings) -> bytes | ConfigFault:
    if case.file is not None:
        beside = file.parent / case.file
        try:
            body, where = beside.read_bytes(), "file"
        except OSError as error:
            return ConfigFault("file", f"{beside} can't be read: {error.strerror}")
    elif isinstance(case.body, str):
        body, where = case.body.encode("utf-8", "surrogatepass"), "body"
    else:
        return json.dumps(case.body, ensure_ascii=False, default=plain_number).encode()
    try:
        parse_body(body)
    except InvalidBody as invalid:
        remedy = "write the JSON that AOM sends: of a call that nobody can read, nothing is written"
        return ConfigFault(where, "; ".join(fault.message for fault in invalid.faults), remedy)
    return body
