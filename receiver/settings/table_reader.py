"""From a TOML document to the models of its tables, each read for itself, so that a fault in one
hides none in another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from connectors.base import Connector, ConnectorSettings
from connectors.registry import BrokenConnector, UnknownConnector
from receiver.config_errors import ConfigFault, format_place, nearest_name, read_model, suggest_name
from receiver.mapping import ConnectorAccount, RouteSettings, SnippetSettings
from receiver.settings.model import (
    ADMIN,
    Alerts,
    Delivery,
    Log,
    Operator,
    Server,
    Settings,
    Source,
    Store,
)

Model = TypeVar("Model", bound=BaseModel)

_NO_TABLES = ("directory", "warnings", "lines")
_TABLES = tuple(name for name in Settings.model_fields if name not in _NO_TABLES)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass
class SettingsTables:
    """All that could be read.

    Names of sources and connectors are there even where their tables are faulty.
    """

    server: Server | None = None
    store: Store | None = None
    delivery: Delivery | None = None
    log: Log | None = None
    alerts: Alerts | None = None
    operators: dict[str, Operator | None] = field(default_factory=dict)
    sources: dict[str, Source | None] = field(default_factory=dict)
    connectors: dict[str, ConnectorSettings | None] = field(default_factory=dict)
    accounts: dict[str, ConnectorAccount] = field(default_factory=dict)
    routes: dict[int, RouteSettings] = field(default_factory=dict)
    snippets: dict[str, SnippetSettings] = field(default_factory=dict)
    faults: list[ConfigFault] = field(default_factory=list)


def read_tables(
    document: Mapping[str, Any], types: Mapping[str, type[Connector]]
) -> SettingsTables:
    """Read all tables. `types` are the connectors that there are."""
    reader = _Reader(types)
    document = reader.known(document)
    tables = reader.tables
    tables.server = reader.one(Server, document.get("server", {}), "server")
    tables.store = reader.one(Store, document.get("store", {}), "store")
    tables.delivery = reader.one(Delivery, document.get("delivery", {}), "delivery")
    tables.log = reader.one(Log, document.get("log", {}), "log")
    tables.alerts = (
        reader.one(Alerts, document["alerts"], "alerts") if "alerts" in document else None
    )
    for name, table in reader.named(document, "operators"):
        tables.operators[name] = reader.one(Operator, table, "operators", name)
        if name.casefold() == ADMIN:
            reader.tell(
                ("operators", name),
                "is the name of whoever has server.admin_token",
                "choose another name",
            )
    for name, table in reader.named(document, "sources"):
        tables.sources[name] = reader.one(Source, table, "sources", name)
    for name, table in reader.named(document, "connectors"):
        tables.connectors[name] = reader.connector(name, table)
    for index, table in reader.listed(document, "routes"):
        if (route := reader.one(RouteSettings, table, "routes", index)) is not None:
            tables.routes[index] = route
    for name, table in reader.named(document, "snippets"):
        if (snippet := reader.one(SnippetSettings, table, "snippets", name)) is not None:
            tables.snippets[name] = snippet
    if not tables.sources and "sources" not in document:
        tables.faults.append(
            ConfigFault(
                "sources",
                "is missing: no call could come in",
                'add [sources.NAME] with tokens = ["…"]',
            )
        )
    return tables


def _mappings(table: object) -> tuple[str, ...]:
    """The shipped mappings of a connector whose table has a fault, so that it hides none in the
    routes.
    """
    given = table.get("mapping") if isinstance(table, dict) else None
    listed = given if isinstance(given, list) else [given]
    return tuple(name for name in listed if isinstance(name, str))


_TELLING = {"operators": "role", "sources": "tokens", "connectors": "type", "snippets": "fields"}
"""A key that tells what kind of table it stands in."""


def _meant(name: str, table: Any) -> tuple[str | None, Any, str]:
    """Which table an unknown one was probably meant as, by its name or by what is in it, what is
    then in it, and a remedy where the nearest name is none.
    """
    if (near := nearest_name(name, _TABLES)) is not None:
        return near, table, ""
    if isinstance(table, list):
        is_route = all(isinstance(one, dict) and "events" in one for one in table)
        return ("routes", table, "write [[routes]]") if is_route else (None, table, "")
    for kind, key in _TELLING.items() if isinstance(table, dict) else ():
        if key in table:
            return kind, {name: table}, f"write [{kind}.{name}]"
        if table and all(isinstance(one, dict) and key in one for one in table.values()):
            return kind, table, f"write [{kind}.{next(iter(table))}]"
    return None, table, ""


class _Reader:
    def __init__(self, types: Mapping[str, type[Connector]]) -> None:
        self.tables = SettingsTables()
        self._types = types

    def known(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document with each table under the name that was probably meant."""
        tables = {name: table for name, table in document.items() if name in _TABLES}
        for name, table in document.items():
            if name in tables:
                continue
            meant, inside, written = _meant(name, table)
            remedy = written or suggest_name(name, _TABLES, "tables")
            self.tell((name,), "is not a known table", remedy)
            known = tables.setdefault(meant, inside) if meant is not None else None
            if isinstance(known, dict) and isinstance(inside, dict):
                tables[str(meant)] = inside | known
        return tables

    def one(self, model: type[Model], table: object, *at: str | int) -> Model | None:
        found, faults = read_model(model, table, at)
        self.tables.faults += faults
        return found

    def named(self, document: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
        """The tables of `[kind.NAME]`."""
        tables = document.get(kind, {})
        if not isinstance(tables, dict):
            self.tell((kind,), "must be a table", f"write [{kind}.NAME]")
            return
        for name, table in tables.items():
            if not _NAME.fullmatch(name):
                self.tell(
                    (kind, name), "is no good name", "use up to 64 letters, digits, '-' and '_'"
                )
            yield name, table

    def listed(self, document: Mapping[str, Any], kind: str) -> Iterator[tuple[int, Any]]:
        """The tables of `[[kind]]`."""
        tables = document.get(kind, [])
        if not isinstance(tables, list):
            self.tell((kind,), "must be a list of tables", f"write [[{kind}]] in double brackets")
            return
        yield from enumerate(tables)

    def connector(self, name: str, table: object) -> ConnectorSettings | None:
        """The settings by the connector's own model; its account is noted for the routes."""
        kind = self._kind(name, table)
        settings = None if kind is None else self.one(kind.Settings, table, "connectors", name)
        mappings = _mappings(table) if settings is None else settings.mapping
        self.tables.accounts[name] = ConnectorAccount(kind, mappings)
        return settings

    def _kind(self, name: str, table: object) -> type[Connector] | None:
        at = ("connectors", name)
        if not isinstance(table, dict):
            self.tell(at, "must be a table", f"write [connectors.{name}]")
            return None
        given = table.get("type")
        if not isinstance(given, str):
            problem = "is missing" if given is None else "must be a text in quotes"
            self.tell((*at, "type"), problem, f"there are: {', '.join(self._types)}")
            return None
        try:
            return self._types[given]
        except UnknownConnector:
            self.tell(
                (*at, "type"),
                f"there is no connector type {given!r}",
                suggest_name(given, self._types, "there are"),
            )
        except BrokenConnector as error:
            self.tell((*at, "type"), str(error), "update or reinstall that package")
        return None

    def tell(self, at: tuple[str | int, ...], message: str, remedy: str) -> None:
        self.tables.faults.append(ConfigFault(format_place(at), message, remedy))
