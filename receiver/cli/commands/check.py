"""`check`: every fault of a configuration, before it runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from receiver.cases.trial_runs import try_routes
from receiver.cli.alert_check import check_alarms
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, WRONG_USE
from receiver.cli.commands.connectors.provision import check_online
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.stored_keys import fetch_stored_keys
from receiver.cli.terminal import out, print_json, show_faults
from receiver.config_errors import with_lines
from receiver.gateway import sites_of
from receiver.mapping import RouteTable
from receiver.settings import ConfigError, ConfigFault, Settings, load_settings


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
    settings = _settings_of(config, as_json=as_json)
    mapping = RouteTable.compile(settings, stored=fetch_stored_keys(settings))
    tried = try_routes(sites_of(settings), mapping)
    found = [*settings.warnings, *with_lines([*mapping.warnings, *tried], settings.lines)]
    found += check_online(settings, mapping) if online else ()
    found += check_alarms(settings) if test_alert else ()
    if as_json:
        _print_faults(found)
    else:
        show_faults(config, tuple(found))
    if any(not fault.warning for fault in found):
        raise typer.Exit(FOUND)
    if not as_json:
        out.print(f"{config} holds: {_summary(settings)}.", markup=False)


def _settings_of(config: Path, *, as_json: bool) -> Settings:
    """The settings, or exit with every fault shown; to a script as JSON, whatever is wrong."""
    if not as_json:
        return settings_of(config)
    try:
        return load_settings(config)
    except ConfigError as error:
        _print_faults(error.faults)
        raise typer.Exit(FOUND if config.is_file() else WRONG_USE) from error


def _print_faults(faults: Iterable[ConfigFault]) -> None:
    print_json([asdict(fault) for fault in faults])


def _summary(settings: Settings) -> str:
    counted = (
        (len(settings.sources), "source"),
        (len(settings.connectors), "connector"),
        (len(settings.routes), "own route"),
    )
    return ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in counted)
