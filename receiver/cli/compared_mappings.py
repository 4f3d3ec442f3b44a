"""Finds the two mappings that `diff` compares: in files, in the running gateway, and among those
that its store keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from receiver.cli.admin_client import ask_running, decode_answer
from receiver.cli.command_failure import WRONG_USE, CommandFailure, fail_command
from receiver.cli.local_times import show_time
from receiver.cli.reports.difference_report import show_note
from receiver.inbox import CallReader, MappingVersion, StoreUnavailable
from receiver.settings import ConfigError, Settings
from receiver.settings.gateway_urls import local_url
from receiver.settings.mapping_document import MappingDocument, load_mapping, read_mapping

IN_FORCE = "in force"


@dataclass(frozen=True, slots=True)
class NamedMapping:
    """A mapping, and what it is called for people."""

    name: str
    document: MappingDocument


@dataclass(frozen=True, slots=True)
class ChosenMappings:
    """What an operator has said: files, or the mapping that was in force at a time."""

    config: Path
    new: Path | None = None
    former: Path | None = None
    in_force_at: datetime | None = None


def choose_mappings(
    settings: Settings, in_force: MappingDocument | None, chosen: ChosenMappings
) -> tuple[NamedMapping, NamedMapping]:
    """The former one and the new one.

    `in_force`: what the running gateway has; None where none runs. Ends the command where there is
    nothing to compare with.
    """
    on_disk = NamedMapping(str(chosen.config), MappingDocument.of(settings))
    base = NamedMapping(IN_FORCE, in_force) if in_force is not None else on_disk
    after = _load(chosen.new, base.document) if chosen.new is not None else on_disk
    if chosen.former is not None:
        return _load(chosen.former, base.document), after
    if chosen.in_force_at is not None:
        return _read_version(_find_version(_load_versions(settings), chosen.in_force_at)), after
    if chosen.new is None:
        return _last_other(settings, in_force, after), after
    if in_force is None:
        show_note("No gateway runs: compared with the configuration on disk.")
    return base, after


def fetch_mapping(settings: Settings) -> MappingDocument | None:
    """What GET /api/mapping answers; None where no gateway runs, or its admin API is off. Ends the
    command where it answers with a refusal.
    """
    answer = ask_running(settings.server, "GET", "/api/mapping")
    if answer is None:
        return None
    if answer.is_error:
        fail_command(
            f"The gateway at {local_url(settings)} answers {answer.status_code} when it is asked "
            "for its mapping. Is the token one of its own?",
        )
    return read_mapping(decode_answer(answer, WRONG_USE)["toml"])


def _last_other(
    settings: Settings, in_force: MappingDocument | None, after: NamedMapping
) -> NamedMapping:
    """The last mapping in force that is another one than the new one."""
    text = after.document.to_toml()
    if in_force is not None and in_force.to_toml() != text:
        return NamedMapping(IN_FORCE, in_force)
    versions = _load_versions(settings)
    for one in versions:
        if one.toml != text:
            _tell_last_other(after, running=in_force is not None)
            return _read_version(one)
    if in_force is None and not versions:
        fail_command(
            "No gateway runs, so none has a mapping in force: name the new configuration, as in "
            "`aom-gateway diff NEW.toml`, or the former one with --from."
        )
    return NamedMapping(IN_FORCE, after.document)


def _tell_last_other(after: NamedMapping, *, running: bool) -> None:
    if running:
        show_note(f"{after.name} is in force: compared with the mapping that was before it.")
    else:
        show_note("No gateway runs: compared with the last other mapping that was in force.")


def _find_version(versions: Sequence[MappingVersion], at: datetime) -> MappingVersion:
    found = next((one for one in versions if one.since <= at), None)
    if found is None:
        times = ", ".join(show_time(one.since.isoformat()) for one in versions)
        fail_command(
            f"--in-force-at: no mapping is kept that was in force at {show_time(at.isoformat())}. "
            + (f"Those that are came into force at: {times}. " if versions else "")
            + "Name the file of an older one with --from."
        )
    return found


def _load_versions(settings: Settings) -> Sequence[MappingVersion]:
    try:
        with CallReader.open(settings.store.url) as reader:
            return reader.mappings()
    except StoreUnavailable:
        return ()  # the comparison itself will tell


def _read_version(version: MappingVersion) -> NamedMapping:
    if version.until is None:
        name = f"in force since {show_time(version.since.isoformat())}"
    else:
        name = f"in force until {show_time(version.until.isoformat())}"
    try:
        return NamedMapping(name, read_mapping(version.toml))
    except ConfigError as error:  # an older version of the gateway has kept it
        file = Path(f"the mapping that was {name}")
        raise CommandFailure("", WRONG_USE, error.faults, file) from error


def _load(path: Path, base: MappingDocument) -> NamedMapping:
    try:
        return NamedMapping(str(path), load_mapping(path, base))
    except ConfigError as error:
        raise CommandFailure("", WRONG_USE, error.faults, path) from error
