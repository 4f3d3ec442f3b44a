"""The reference of config.toml: every table and key, from the models that check them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from connectors import registry
from connectors.base import Connector, ConnectorSettings
from docs.hooks.annotations import bounds_of, models_in, stripped, type_of
from docs.hooks.markdown import code, table
from receiver.settings import Settings

_NOT_TABLES = ("directory", "warnings", "lines")  # what loading adds to a configuration


@dataclass(frozen=True, slots=True)
class ConfigTable:
    """One table of the configuration: where it stands, and its keys."""

    path: str
    text: str
    fields: dict[str, FieldInfo]


def describe_tables() -> str:
    """All tables, each with a heading and its keys."""
    return "\n".join(_described(one) for one in config_tables())


def config_tables() -> Iterator[ConfigTable]:
    """Every table that a configuration can have."""
    for name, field in Settings.model_fields.items():
        if name not in _NOT_TABLES:
            yield from _tables(name, field)
            if name == "connectors":
                yield from _connector_tables()


def shipped_connectors() -> dict[str, type[Connector]]:
    """The connectors of this project by their types, whatever else is installed."""
    types = registry.types()
    found = {name: types[name] for name in types if name not in types.broken()}
    return {name: one for name, one in found.items() if one.__module__.startswith("connectors.")}


def _connector_tables() -> Iterator[ConfigTable]:
    common = ConnectorSettings.model_fields
    for name, kind in shipped_connectors().items():
        fields = {
            key: field
            for key, field in kind.Settings.model_fields.items()
            if key not in common or field.default != common[key].default
        }
        path, text = f"connectors.NAME with type = {name}", _first_line(kind.Settings)
        yield ConfigTable(path, text, fields)
        for key, field in fields.items():
            yield from _tables(f"connectors.NAME.{key}", field)


def _tables(path: str, field: FieldInfo) -> Iterator[ConfigTable]:
    """The models that a key takes as tables, and what is in them."""
    for model in models_in(field.annotation):
        place = f"{path}.NAME" if get_origin(stripped(field.annotation)) is dict else path
        yield ConfigTable(place, _first_line(model), dict(model.model_fields))
        for key, inner in model.model_fields.items():
            yield from _tables(f"{place}.{key}", inner)


def _described(one: ConfigTable) -> str:
    rows = [
        (code(key), type_and_bounds(field), default_of(field), field.description or "")
        for key, field in one.fields.items()
    ]
    text = f"{one.text}\n\n" if one.text else ""
    return f"## {one.path}\n\n{text}{table(('key', 'takes', 'default', 'what it is'), rows)}"


def type_and_bounds(field: FieldInfo) -> str:
    """What a key takes, with its bounds."""
    bounds = bounds_of(field)
    return f"{type_of(field.annotation)}{f', {bounds}' if bounds else ''}"


def default_of(field: FieldInfo) -> str:
    """The default as TOML writes it, or that there is none."""
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None or isinstance(value, BaseModel) or value in ((), {}):
        return "none"
    return code(_toml(value))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str | ZoneInfo) else str(value)


def _first_line(model: type[BaseModel]) -> str:
    own = vars(model).get("__doc__") or ""
    return " ".join(own.split("\n\n")[0].split())
