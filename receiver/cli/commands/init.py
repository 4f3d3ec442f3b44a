"""`init`: from nothing to a configuration that holds."""

from __future__ import annotations

import os
import re
import secrets
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin
from zoneinfo import available_timezones

import typer
from pydantic import BaseModel, SecretStr

from connectors import registry
from connectors.base import Connector, read_shipped_mappings
from receiver.cases import TEST_FOLDER
from receiver.cases.first_cases import first_cases
from receiver.cli.app import app
from receiver.cli.command_failure import fail_command
from receiver.cli.commands.schemas import SCHEMA, config_schema
from receiver.cli.completion.known_names import complete_type
from receiver.cli.examples import ALERTING_RULES, CONFIGURATION, find_example
from receiver.cli.options import CONFIG, ConfigOption
from receiver.cli.terminal import out
from receiver.gateway import sites_of
from receiver.mapping import RouteTable
from receiver.settings import ConfigError, Settings, load_settings
from receiver.settings.private_files import write_private

FIRST_TESTS = "standard.toml"


@app.command()
def init(
    config: ConfigOption = CONFIG,
    source: Annotated[str, typer.Option(help="A name for your AOM site.")] = "academy",
    connector: Annotated[
        str, typer.Option(help="The CRM to write to.", autocompletion=complete_type)
    ] = "sandbox",
    timezone: Annotated[str, typer.Option(help="The time zone in which AOM shows dates.")] = "UTC",
    force: Annotated[bool, typer.Option(help="Replace a file that exists.")] = False,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Write the whole example, every key explained; replaces nothing."
        ),
    ] = False,
) -> None:
    """Write a configuration with fresh tokens, and first tests of its mapping beside it."""
    if full:
        _write_example(config, force=force)
        return
    if config.exists() and not force:
        fail_command(
            f"{config} exists already. Use --force to replace it; tokens pasted into AOM "
            "would then be void."
        )
    try:
        kind = registry.load(connector)
    except registry.UnknownConnector as error:
        fail_command(f"--connector: {error}")
    _require_sense(source, timezone)
    try:
        _write_new(config, source, connector, kind, timezone, replace=force)
        config.with_suffix(SCHEMA).write_text(config_schema(), encoding="utf-8")
    except OSError as error:
        fail_command(f"{config} can't be written: {error.strerror or error}")
    tests = _write_first_cases(config)
    out.print(
        f"Wrote {config}{f' and {tests}' if tests else ''}. Next: `aom-gateway check`, "
        "`aom-gateway test`, `aom-gateway serve`, and `aom-gateway urls` for what to paste into "
        "AOM.",
        markup=False,
    )


def _write_new(
    config: Path,
    source: str,
    connector: str,
    kind: type[Connector],
    timezone: str,
    *,
    replace: bool,
) -> None:
    """Write the new file; with its first optional secret, where there is none without."""
    write_private(config, _new_config(config, source, connector, kind, timezone), replace=replace)
    if _load_new(config) is None:
        whole = _new_config(config, source, connector, kind, timezone, with_secret=True)
        write_private(config, whole, replace=True)


def _load_new(config: Path) -> Settings | None:
    """The settings of a new file, whose secrets are not set yet; None where it has a fault."""
    try:
        return load_settings(config, stand_ins=True)
    except ConfigError:
        return None


def _write_first_cases(config: Path) -> Path | None:
    """Write a test of the mapping for each event; None where there are tests, or no mapping."""
    folder = config.parent / TEST_FOLDER
    settings = _load_new(config)
    if settings is None or any(folder.glob("*.toml")):
        return None
    routes = RouteTable.compile(settings)
    if not routes.placed:
        return None
    file = folder / FIRST_TESTS
    try:
        folder.mkdir(exist_ok=True)
        file.write_text(first_cases(next(iter(sites_of(settings).values())), routes), "utf-8")
    except OSError as error:
        fail_command(f"{file} can't be written: {error.strerror or error}")
    return file


def _write_example(config: Path, *, force: bool) -> None:
    """Write config.example.toml as it stands: its secrets are variables."""
    if force:
        fail_command(
            "--full replaces nothing: leave out --force, or name another file with --config."
        )
    if os.path.lexists(config):
        fail_command(
            f"{config} exists already, and --full replaces nothing. Name another file with "
            "--config."
        )
    try:
        write_private(config, find_example(CONFIGURATION).read_text("utf-8"))
    except OSError as error:
        fail_command(f"{config} can't be written: {error.strerror or error}")
    out.print(
        f"Wrote {config}, the whole example: keep what you need, and set the variables that "
        "it names. "
        "`aom-gateway check` says what is missing. Rules for Prometheus: "
        f"{find_example(ALERTING_RULES)}",
        markup=False,
    )


def _require_sense(source: str, timezone: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", source):
        fail_command(f"--source: {source!r} is no name for a site; use letters, digits, - and _")
    if timezone not in available_timezones():
        near = get_close_matches(timezone, available_timezones(), n=1) or ["America/New_York"]
        fail_command(f"--timezone: there is no time zone {timezone!r}; is it {near[0]}?")


def _new_config(
    config: Path,
    source: str,
    connector: str,
    kind: type[Connector],
    timezone: str,
    *,
    with_secret: bool = False,
) -> str:
    return f"""\
#:schema ./{config.with_suffix(SCHEMA).name}
# The AOM gateway. This file holds secrets: keep it readable by you alone.
# `aom-gateway init --full --config all.toml` writes a file in which every key is explained.
[server]
host = "127.0.0.1"
port = 8080
# public_url = "https://hooks.example.edu"   # where AOM reaches this gateway
admin_token = "{secrets.token_urlsafe(24)}"

[store]
url = "sqlite:///aom-gateway.db"

[sources.{source}]
tokens = ["{secrets.token_urlsafe(24)}"]
timezone = "{timezone}"
currency = "USD"

[connectors.{connector}]
type = "{connector}"
{_required(connector, kind, with_secret=with_secret)}{_mapping(kind)}
{_choices(connector, kind)}"""


def _mapping(kind: type[Connector]) -> str:
    """Write the line that takes the routes which the connector ships, where it ships any."""
    ships = "standard" in read_shipped_mappings(kind)
    return (
        'mapping = "standard"' if ships else "# it ships no mapping: write [[routes]] of your own"
    )


def _required(name: str, kind: type[Connector], *, with_secret: bool) -> str:
    """A line for each setting that the connector cannot do without, read from the environment;
    other secrets as comments, but for the first one `with_secret`.
    """
    lines = []
    for key, field in kind.Settings.model_fields.items():
        is_needed = field.is_required()
        if key == "type" or not (is_needed or SecretStr in get_args(field.annotation)):
            continue
        if not is_needed and with_secret:
            is_needed, with_secret = True, False
        variable = f"{name}_{key}".upper()
        comment = f"   # {field.description}" if field.description else ""
        lines.append(f'{"" if is_needed else "# "}{key} = "${{{variable}}}"{comment}\n')
    return "".join(lines)


def _choices(name: str, kind: type[Connector]) -> str:
    """Write a table for each group of the connector's settings that holds a choice, with what there
    is to choose from.
    """
    lines = []
    for key, field in kind.Settings.model_fields.items():
        group = field.annotation
        if not (isinstance(group, type) and issubclass(group, BaseModel)):
            continue
        lines.append(f"\n[connectors.{name}.{key}]   # {field.description}\n")
        for option, choice in group.model_fields.items():
            if get_origin(choice.annotation) is Literal:
                options = " | ".join(f'"{value}"' for value in get_args(choice.annotation))
                lines.append(f'{option} = "{choice.default}"   # {options}\n')
    return "".join(lines)
