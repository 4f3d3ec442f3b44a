"""The mapping of a configuration as a document of its own: what decides which records an event
becomes, and no secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import tomlkit
from pydantic import BaseModel
from tomlkit.items import SingleKey

from connectors.base import ConnectorSettings
from receiver.aom import SourceContext
from receiver.aom.source_context import FOLLOWED, Identity
from receiver.config_errors import ConfigError, ConfigFault, read_model
from receiver.mapping import RouteSettings, SnippetSettings
from receiver.settings.loader import load_settings
from receiver.settings.model import Settings
from receiver.settings.toml_document import parse_document, parse_text

MAPPING_TABLES = ("routes", "snippets")
"""What an operator writes of a mapping."""


@dataclass(frozen=True, slots=True)
class MappedConnector:
    """A connector, as far as records depend on it, and how many go into one call at most.

    `options` are those of its own settings that decide what is written, and are not the default.
    """

    type: str
    mapping: tuple[str, ...] = ()
    batch_size: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: ConnectorSettings) -> MappedConnector:
        """That of a configuration."""
        options = settings.model_dump(
            mode="json", include=set(settings.record_settings), exclude_defaults=True
        )
        return cls(settings.type, tuple(settings.mapping), settings.batch_size, options)


@dataclass(frozen=True, slots=True)
class MappingDocument:
    """All that decides which records an event becomes."""

    sources: Mapping[str, SourceContext]
    connectors: Mapping[str, MappedConnector]
    routes: tuple[RouteSettings, ...] = ()
    snippets: Mapping[str, SnippetSettings] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> MappingDocument:
        """That of a configuration."""
        return cls(
            {
                name: SourceContext(name, one.timezone, one.currency, one.identity)
                for name, one in settings.sources.items()
            },
            {name: MappedConnector.of(one) for name, one in settings.connectors.items()},
            settings.routes,
            settings.snippets,
        )

    def to_toml(self) -> str:
        """The whole document; two that are the same in effect give the same text."""
        document = tomlkit.document()
        document["sources"] = {
            name: {"timezone": str(one.timezone), "currency": one.currency}
            | ({} if one.identity == FOLLOWED else {"identity": one.identity})
            for name, one in self.sources.items()
        }
        document["connectors"] = {
            name: {"type": one.type, "mapping": list(one.mapping)}
            | ({} if one.batch_size is None else {"batch_size": one.batch_size})
            | ({"options": _toml_item(dict(one.options))} if one.options else {})
            for name, one in self.connectors.items()
        }
        return tomlkit.dumps(document) + "\n" + self.routes_to_toml()

    def routes_to_toml(self) -> str:
        """What an operator wrote of it, `[[routes]]` and `[snippets]`, without its comments."""
        document = tomlkit.document()
        if self.snippets:
            document["snippets"] = {
                name: _model_as_toml(one) for name, one in self.snippets.items()
            }
        if self.routes:
            document["routes"] = _tables([_model_as_toml(route) for route in self.routes])
        return tomlkit.dumps(document)


class _Source(BaseModel):
    timezone: ZoneInfo
    currency: str
    identity: Identity = FOLLOWED


class _Connector(BaseModel):
    type: str
    mapping: tuple[str, ...]
    batch_size: int | None = None
    options: dict[str, Any] = {}


def read_mapping(text: str) -> MappingDocument:
    """What `to_toml` wrote. Raises ConfigError."""
    document = parse_text(text, "the mapping")
    sources = {
        name: _Source.model_validate(table) for name, table in document.pop("sources", {}).items()
    }
    connectors = {
        name: _Connector.model_validate(table)
        for name, table in document.pop("connectors", {}).items()
    }
    empty = MappingDocument(
        {
            name: SourceContext(name, one.timezone, one.currency, one.identity)
            for name, one in sources.items()
        },
        {
            name: MappedConnector(one.type, one.mapping, one.batch_size, one.options)
            for name, one in connectors.items()
        },
    )
    return _with_routes(empty, document)


def replace_routes(base: MappingDocument, text: str) -> MappingDocument:
    """The mapping with the `[[routes]]` and `[snippets]` of a text in the place of its own.

    Raises ConfigError, also where the text holds other tables or asks for a variable: it comes
    from elsewhere, and is given nothing of this machine's.
    """
    document = parse_text(text, "the mapping")
    faults = [
        ConfigFault(name, "is no part of a mapping", "leave [[routes]] and [snippets] alone here")
        for name in document
        if name not in MAPPING_TABLES
    ]
    if "${" in text.replace("${{", ""):
        faults.append(
            ConfigFault("the mapping", "asks for a variable with ${…}", "write its value here")
        )
    if faults:
        raise ConfigError(faults)
    return _with_routes(base, document)


def load_mapping(path: Path, base: MappingDocument | None = None) -> MappingDocument:
    """The mapping of a configuration file; secrets may be missing.

    A file of `[[routes]]` and `[snippets]` alone takes the rest from `base`. Raises ConfigError
    with every fault.
    """
    document = parse_document(path)
    if base is not None and document and all(name in MAPPING_TABLES for name in document):
        return replace_routes(base, path.read_text("utf-8-sig"))
    return MappingDocument.of(load_settings(path, stand_ins=True))


def _with_routes(base: MappingDocument, document: Mapping[str, Any]) -> MappingDocument:
    faults: list[ConfigFault] = []
    listed, named = document.get("routes", []), document.get("snippets", {})
    if not isinstance(listed, list):
        faults.append(ConfigFault("routes", "must be a list of tables", "write [[routes]]"))
        listed = []
    if not isinstance(named, dict):
        faults.append(ConfigFault("snippets", "must be a table", "write [snippets.NAME]"))
        named = {}
    routes: list[RouteSettings] = []
    for index, table in enumerate(listed):
        route, wrong = read_model(RouteSettings, table, ("routes", index))
        faults += wrong
        routes += [route] if route is not None else []
    snippets: dict[str, SnippetSettings] = {}
    for name, table in named.items():
        snippet, wrong = read_model(SnippetSettings, table, ("snippets", name))
        faults += wrong
        if snippet is not None:
            snippets[name] = snippet
    if faults:
        raise ConfigError(faults)
    return replace(base, routes=tuple(routes), snippets=snippets)


def _model_as_toml(model: BaseModel) -> dict[str, Any]:
    """As TOML has it, without defaults; a field that has a value alone is that value."""
    plain: dict[str, Any] = _toml_item(model.model_dump(exclude_defaults=True))
    for upsert in (plain, *plain.get("upsert", ())):
        for name, one in upsert.get("fields", {}).items():
            if one.keys() == {"value"}:
                upsert["fields"][name] = one["value"]
    return plain


def _toml_item(value: Any) -> Any:
    match value:
        case dict():
            return {name: _toml_item(one) for name, one in value.items() if one is not None}
        case list() | tuple():
            return [_toml_item(one) for one in value]
        case Decimal():
            text = f"{value:f}"
            return tomlkit.float_(text if "." in text else f"{text}.0")
    return value


def _tables(routes: Sequence[dict[str, Any]]) -> Any:
    """`[[routes]]`, each with its `[[routes.upsert]]` behind what it says itself."""
    listed = tomlkit.aot()
    for route in routes:
        table = tomlkit.table()
        for name, value in route.items():
            if name != "upsert":
                table.add(name, list(value) if isinstance(value, list) else value)
        if route.get("upsert"):
            table.add("upsert", _upserts(route["upsert"]))
        listed.append(table)
    return listed


def _upserts(upserts: Sequence[dict[str, Any]]) -> Any:
    listed = tomlkit.aot()
    for upsert in upserts:
        table = tomlkit.table()
        for name, value in upsert.items():
            if name != "fields":
                table.add(name, value)
        if upsert.get("fields"):
            fields = tomlkit.table()
            for name, value in upsert["fields"].items():
                fields.add(name, _inline(value) if isinstance(value, dict) else value)
            table.add("fields", fields)
        listed.append(table)
    return listed


def _inline(value: Mapping[str, Any]) -> Any:
    """A table within a line. It is put together as a text: to add to one of tomlkit's takes longer
    for each that is there already, and a `map` may have thousands.
    """
    return tomlkit.value(_inline_text(value))


def _inline_text(value: Mapping[str, Any]) -> str:
    entries = (
        f"{SingleKey(name).as_string()} = "
        f"{_inline_text(one) if isinstance(one, dict) else tomlkit.item(one).as_string()}"
        for name, one in value.items()
    )
    return "{" + ", ".join(entries) + "}"
