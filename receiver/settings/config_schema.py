"""A JSON Schema of config.toml, by which editors complete, explain and check it as it is written.

What only the gateway can know (whether an expression names what an event has, whether a file is
there) is `check`'s to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema

from connectors import registry
from connectors.base import Connector, ConnectorSettings
from receiver.settings.model import Settings

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NOT_TABLES: Final = frozenset({"directory", "warnings", "lines"})
"""What loading adds to a configuration."""
_VARIABLE: Final = {"type": "string", "pattern": r"\$\{"}
_PLAIN: Final = ("integer", "number", "boolean")


def describe_config(types: Mapping[str, type[Connector]] | None = None) -> dict[str, Any]:
    """The schema, in draft 2020-12, with the settings of every connector that is installed.

    `types` are the registry's unless given.
    """
    found = _installed() if types is None else dict(types)
    names = [name for name in Settings.model_fields if name not in _NOT_TABLES]
    definitions: dict[str, Any] = {}
    whole = _of_model(Settings, definitions)
    tables = {name: whole["properties"][name] for name in names}
    for unused in ("ConfigFault", ConnectorSettings.__name__):
        definitions.pop(unused, None)
    tables["connectors"]["additionalProperties"] = _one_of_types(found, definitions)
    schema = {
        "$schema": DIALECT,
        "title": "Configuration of the AOM gateway",
        "type": "object",
        "properties": tables,
        "required": ["sources"],
        "additionalProperties": False,
        "$defs": definitions,
    }
    return {key: _inside(key, value) for key, value in schema.items()}


def _installed() -> dict[str, type[Connector]]:
    types = registry.types()
    return {name: types[name] for name in types if name not in types.broken()}


def _of_model(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a table; those of the tables in it go into `definitions`."""
    schema = model.model_json_schema(schema_generator=_Generator, ref_template="#/$defs/{model}")
    definitions |= schema.pop("$defs", {})
    return schema


def _one_of_types(
    types: Mapping[str, type[Connector]], definitions: dict[str, Any]
) -> dict[str, Any]:
    """What `[connectors.NAME]` holds depends on its `type`."""
    cases = []
    for name, kind in types.items():
        key = f"connector_{name}"
        definitions[key] = _of_model(kind.Settings, definitions)
        definitions[key]["properties"]["type"]["enum"] = [name]
        chosen = {"properties": {"type": {"const": name}}, "required": ["type"]}
        cases.append({"if": chosen, "then": {"$ref": f"#/$defs/{key}"}})
    kinds = {
        "enum": list(types),
        "description": ConnectorSettings.model_fields["type"].description or "",
    }
    return {"type": "object", "required": ["type"], "properties": {"type": kinds}, "allOf": cases}


def _with_variables(schema: Any) -> Any:
    """The same, where every plain value may also be a text with a variable in it."""
    if isinstance(schema, list):
        return [_with_variables(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _inside(key, value) for key, value in schema.items()}
    if schema.get("type") in _PLAIN or "enum" in schema:
        descriptions = {
            key: inner.pop(key) for key in ("title", "description", "default") if key in inner
        }
        return {"anyOf": [inner, _VARIABLE], **descriptions}
    return inner


def _inside(key: str, value: Any) -> Any:
    if key in ("properties", "$defs"):  # names of our own, each with a schema
        return {name: _with_variables(schema) for name, schema in value.items()}
    return value if key in ("default", "if", "examples") else _with_variables(value)


class _Generator(GenerateJsonSchema):
    """Knows no schema of a time zone, and no places of faults: they are texts to whoever writes."""

    def handle_invalid_for_json_schema(
        self,
        schema: CoreSchema,  # noqa: ARG002
        error_info: str,  # noqa: ARG002
    ) -> JsonSchemaValue:
        return {"type": "string"}
