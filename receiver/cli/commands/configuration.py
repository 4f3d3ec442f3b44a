"""`init`, `check`, `urls`, `schemas`: from nothing to a configuration that holds."""

from __future__ import annotations

import json
import os
import re
import secrets
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin
from zoneinfo import available_timezones

import typer
from pydantic import BaseModel, SecretStr
from rich.table import Table

from connectors import registry
from connectors.base import Connector, read_shipped_mappings
from receiver.aom import EVENTS, LABELS, json_schema
from receiver.cli.alert_check import check_alarms
from receiver.cli.app import (
    CONFIG,
    FOUND,
    ConfigOption,
    JsonOption,
    app,
    fail_command,
    out,
    print_json,
    settings_of,
    show_faults,
)
from receiver.cli.commands.provision import check_online
from receiver.cli.examples import ALERTING_RULES, CONFIGURATION, find_example
from receiver.mapping import RouteTable
from receiver.settings import Settings, describe_config
from receiver.settings.gateway_urls import inbound_url, menu_urls, public_url
from receiver.settings.private_files import write_private

SCHEMA = ".schema.json"  # beside the configuration: editors complete and check by it


@app.command()
def init(
    config: ConfigOption = CONFIG,
    source: Annotated[str, typer.Option(help="A name for your AOM site.")] = "academy",
    connector: Annotated[str, typer.Option(help="The CRM to write to.")] = "sandbox",
    timezone: Annotated[str, typer.Option(help="The time zone in which AOM shows dates.")] = "UTC",
    force: Annotated[bool, typer.Option(help="Replace a file that exists.")] = False,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Write the whole example, every key explained; replaces nothing."
        ),
    ] = False,
) -> None:
    """Write a configuration with fresh tokens."""
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
        write_private(config, _new_config(config, source, connector, kind, timezone), replace=force)
        config.with_suffix(SCHEMA).write_text(_config_schema(), encoding="utf-8")
    except OSError as error:
        fail_command(f"{config} can't be written: {error.strerror or error}")
    out.print(
        f"Wrote {config}. Next: `aom-gateway check`, `aom-gateway serve`, and `aom-gateway "
        "urls` for what to paste into AOM.",
        markup=False,
    )


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
    config: Path, source: str, connector: str, kind: type[Connector], timezone: str
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
{_required(connector, kind)}{_mapping(kind)}
{_choices(connector, kind)}"""


def _mapping(kind: type[Connector]) -> str:
    """Write the line that takes the routes which the connector ships, where it ships any."""
    ships = "standard" in read_shipped_mappings(kind)
    return (
        'mapping = "standard"' if ships else "# it ships no mapping: write [[routes]] of your own"
    )


def _required(name: str, kind: type[Connector]) -> str:
    """A line for each setting that the connector cannot do without, read from the environment;
    other secrets as comments.
    """
    lines = []
    for key, field in kind.Settings.model_fields.items():
        needed = field.is_required()
        if key != "type" and (needed or SecretStr in get_args(field.annotation)):
            comment = f"   # {field.description}" if field.description else ""
            lines.append(
                f'{"" if needed else "# "}{key} = "${{{name.upper()}_{key.upper()}}}"{comment}\n'
            )
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


@app.command()
def check(
    config: ConfigOption = CONFIG,
    online: Annotated[
        bool,
        typer.Option("--online", help="Ask the CRMs too: credentials, fields, stages, limits."),
    ] = False,
    test_alert: Annotated[
        bool, typer.Option("--test-alert", help="Post a test alarm to alerts.url.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Find every fault of the configuration before it runs."""
    settings = settings_of(config)
    mapping = RouteTable.compile(settings)
    found = [*settings.warnings, *mapping.warnings]
    found += check_online(settings, mapping) if online else ()
    found += check_alarms(settings) if test_alert else ()
    if as_json:
        print_json(
            [
                {"where": f.where, "message": f.message, "remedy": f.remedy, "warning": f.warning}
                for f in found
            ]
        )
    else:
        show_faults(config, tuple(found))
    if any(not fault.warning for fault in found):
        raise typer.Exit(FOUND)
    if not as_json:
        out.print(f"{config} holds: {_summary(settings)}.", markup=False)


def _summary(settings: Settings) -> str:
    counted = (
        (len(settings.sources), "source"),
        (len(settings.connectors), "connector"),
        (len(settings.routes), "own route"),
    )
    return ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in counted)


@app.command()
def urls(
    config: ConfigOption = CONFIG,
    source: Annotated[str | None, typer.Option(help="One source; all unless given.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the URLs to paste into AOM, one per entry of its menu. They hold the token: treat them
    as passwords.
    """
    settings = settings_of(config)
    if source and source not in settings.sources:
        fail_command(
            f"--source: {source!r} is not configured; there are: {', '.join(settings.sources)}"
        )
    base = public_url(settings)
    rows = [
        {
            "source": name,
            "label": label,
            "event": event,
            "url": inbound_url(base, one.tokens[0].get_secret_value(), event),
        }
        for name, one in settings.sources.items()
        if source in {None, name}
        for label, event in [*menu_urls().items(), ("(any event)", None)]
    ]
    if as_json:
        print_json(rows)
        return
    for name in dict.fromkeys(row["source"] for row in rows):
        table = Table("in AOM's menu", "URL", title=f"{name}", title_justify="left")
        for row in rows:
            if row["source"] == name:
                table.add_row(row["label"], row["url"])
        out.print(table)
    if not settings.server.public_url:
        out.print(
            "server.public_url is not set: AOM must reach these addresses from outside.",
            style="yellow",
        )


@app.command()
def schemas(
    event: Annotated[
        str | None, typer.Argument(help="One event; a list of all unless given.")
    ] = None,
    directory: Annotated[
        Path | None, typer.Option("--to", help="Write every schema into this directory.")
    ] = None,
    of_config: Annotated[
        bool, typer.Option("--config", help="That of config.toml instead, for editors.")
    ] = False,
) -> None:
    """Show what AOM sends, or what config.toml may hold, as JSON Schema."""
    if of_config:
        if event:
            fail_command("--config is the schema of the configuration: leave the event out.")
        _show_config_schema(directory)
        return
    if event and event not in EVENTS:
        fail_command(f"{event!r} is not an event; there are: {', '.join(EVENTS)}")
    if directory:
        directory.mkdir(parents=True, exist_ok=True)
        for name in [event] if event else EVENTS:
            (directory / f"{name}.json").write_text(_as_json(name), encoding="utf-8")
        out.print(
            f"Wrote {1 if event else len(EVENTS)} schemas into {directory}{os.sep}", markup=False
        )
    elif event:
        typer.echo(_as_json(event), nl=False)
    else:
        table = Table("event", "in AOM's menu")
        for name in EVENTS:
            table.add_row(name, LABELS[name])
        out.print(table)


def _show_config_schema(directory: Path | None) -> None:
    if directory is None:
        typer.echo(_config_schema(), nl=False)
        return
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / CONFIG.with_suffix(SCHEMA).name
    path.write_text(_config_schema(), encoding="utf-8")
    out.print(f"Wrote {path}", markup=False)


def _config_schema() -> str:
    return json.dumps(describe_config(), indent=2, ensure_ascii=False) + "\n"


def _as_json(event: str) -> str:
    return json.dumps(json_schema(event), indent=2, ensure_ascii=False) + "\n"
