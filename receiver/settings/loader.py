"""Loads a configuration, or tells all that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from connectors import registry
from connectors.base import Connector, ConnectorSettings
from receiver.config_errors import ConfigError, ConfigFault, find_lines, read_model, with_lines
from receiver.mapping import check_routes
from receiver.settings.model import Delivery, Log, Server, Settings, Store
from receiver.settings.store_path import absolute_url, find_misplaced
from receiver.settings.table_reader import SettingsTables, read_tables
from receiver.settings.token_check import token_faults
from receiver.settings.toml_document import parse_document, read_text
from receiver.settings.variables import fill_variables


def load_settings(
    path: Path,
    env: Mapping[str, str] = os.environ,
    *,
    stand_ins: bool = False,
    types: Mapping[str, type[Connector]] | None = None,
) -> Settings:
    """Load `config.toml`.

    Raises ConfigError with every fault that can be found in one go, routes and expressions
    included.

    With `stand_ins`, secrets that are not there are no fault but a warning: enough to explain and
    to check a mapping, not to serve. `types` are the registry's unless given.
    """
    directory = path.absolute().parent
    filled = fill_variables(parse_document(path), env, directory)
    lines = find_lines(read_text(path))
    warnings = [replace(fault, warning=True) for fault in filled.unset if stand_ins]
    tables = read_tables(filled.document, registry.types() if types is None else types)
    # with stand-ins nothing is stored
    places = () if stand_ins else find_misplaced(tables.store, tables.connectors, directory)
    stages = (
        filled.unset,
        filled.faults,
        tables.faults,
        token_faults(tables.server, tables.operators, tables.sources),
        _workers(tables),
        places,
        _routes(tables),
    )
    if faults := _without_echoes(stages)[len(filled.unset) if stand_ins else 0 :]:
        raise ConfigError(with_lines(faults, lines))
    if stand_ins:
        _add_unset(tables, filled.document)
    return _settings(tables, directory, with_lines(warnings, lines), lines)


def load_server(path: Path, env: Mapping[str, str] = os.environ) -> Server:
    """Where the gateway of a configuration listens, and its admin token, whatever faults the rest
    has.

    Raises ConfigError where these cannot be read.
    """
    filled = fill_variables(parse_document(path), env, path.absolute().parent)
    table = filled.document.get("server", {})
    reached = {name: table[name] for name in _REACHED if name in table}
    server, faults = read_model(Server, reached, ("server",))
    places = [f"server.{name}" for name in _REACHED]
    faults += [fault for fault in (*filled.unset, *filled.faults) if fault.where in places]
    if server is None or faults:
        raise ConfigError(faults)
    return server


_REACHED = ("host", "port", "admin_token")


def _workers(tables: SettingsTables) -> list[ConfigFault]:
    store = tables.store or Store()
    if tables.server is None or tables.server.workers == 1 or not store.url.startswith("sqlite"):
        return []
    remedy = "write workers = 1, or a store.url like postgresql://USER:PASSWORD@HOST/DATABASE"
    return [
        ConfigFault(
            "server.workers",
            "is more than 1, and a SQLite file belongs to one process alone",
            remedy,
        )
    ]


def _routes(tables: SettingsTables) -> list[ConfigFault]:
    _, faults = check_routes(tables.routes, tables.snippets, tables.accounts, tables.sources)
    return [fault for fault in faults if not fault.warning]


def _without_echoes(stages: Iterable[Iterable[ConfigFault]]) -> list[ConfigFault]:
    """Faults of all stages; of a place at which an earlier stage found something, a later one tells
    nothing more.
    """
    faults: list[ConfigFault] = []
    for stage in stages:
        places = {fault.where for fault in faults}
        faults += [fault for fault in stage if not _is_within(fault.where, places)]
    return faults


def _is_within(where: str, places: set[str]) -> bool:
    return any(where == place or where.startswith((f"{place}.", f"{place}[")) for place in places)


def _add_unset(tables: SettingsTables, document: Mapping[str, Any]) -> None:
    """Give connectors for whose secrets no stand-in will do what their mappings need."""
    for name, account in tables.accounts.items():
        if account.type is not None and tables.connectors[name] is None:
            kind = document["connectors"][name]["type"]
            tables.connectors[name] = ConnectorSettings(type=kind, mapping=account.mappings)


def _settings(
    tables: SettingsTables,
    directory: Path,
    warnings: list[ConfigFault],
    lines: Mapping[str, int],
) -> Settings:
    store = tables.store or Store()
    return Settings(
        server=tables.server or Server(),
        store=store.model_copy(update={"url": absolute_url(store.url, directory)}),
        operators={name: one for name, one in tables.operators.items() if one is not None},
        sources={name: source for name, source in tables.sources.items() if source is not None},
        connectors={name: one for name, one in tables.connectors.items() if one is not None},
        routes=tuple(tables.routes.values()),
        snippets=tables.snippets,
        delivery=tables.delivery or Delivery(),
        log=tables.log or Log(),
        alerts=tables.alerts,
        directory=directory,
        warnings=tuple(warnings),
        lines=lines,
    )
