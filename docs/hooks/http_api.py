"""The reference of HTTP: addresses, the admin API's operations, what they answer, and problems."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from docs.hooks.markdown import code, table
from receiver.admin.openapi import describe_operations as describe
from receiver.admin.operation_list import list_operations
from receiver.gateway import Gateway, open_store
from receiver.http.problem_details import PROBLEMS
from receiver.server.app import public_routes
from receiver.server.endpoints import EventReception
from receiver.settings import load_settings

_CONFIG = """\
[sources.springfield]
tokens = ["token-of-the-reference"]
"""


@dataclass(frozen=True, slots=True)
class Described:
    """What a gateway says of its addresses: the public ones, and the document at /openapi.json."""

    addresses: dict[str, str]
    document: dict[str, Any]


@cache
def described() -> Described:
    """Ask a gateway of its own, which has an empty store and ends at once."""
    with TemporaryDirectory() as directory:
        config = Path(directory) / "config.toml"
        config.write_text(_CONFIG, "utf-8")
        return asyncio.run(_ask(config))


async def _ask(config: Path) -> Described:
    async with open_store(load_settings(config)) as gateway:
        return Described(_addresses(gateway), describe(list_operations(gateway)))


def _addresses(gateway: Gateway) -> dict[str, str]:
    reception = EventReception(
        gateway.settings, gateway.intake, gateway.metrics, gateway.now, gateway.lasting.token_uses
    )
    return {
        route.path.replace(":path", ""): route.name for route in public_routes(gateway, reception)
    }


def describe_addresses() -> str:
    """What needs no operator's token."""
    rows = [(code(path), text) for path, text in described().addresses.items()]
    return table(("address", "what it is for"), rows)


def describe_operations() -> str:
    """The operations of the admin API, each with what it takes and answers."""
    return "\n".join(_operation(name, one) for name, one in admin_operations())


def admin_operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Method and path, and the operation as OpenAPI has it."""
    for path, methods in described().document["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/api/"):
                yield f"{method.upper()} {path}", operation


def taken_by(operation: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Every parameter and key of the body: its name, where it stands, its type, what it is."""
    for one in operation["parameters"]:
        yield one["name"], one["in"], type_of(one["schema"]), text_of(one["schema"])
    for name, schema in _properties(_content(operation.get("requestBody", {}))).items():
        yield name, "body", type_of(schema), text_of(schema)


def text_of(schema: dict[str, Any]) -> str:
    """The description of a schema, or of what it is one of."""
    parts = (schema, *schema.get("anyOf", ()))
    return next((part["description"] for part in parts if "description" in part), "")


def describe_answers() -> str:
    """What the operations answer, type by type."""
    return "\n".join(_answer(name, schema) for name, schema in answer_types())


def answer_types() -> Iterator[tuple[str, dict[str, Any]]]:
    """The types of the admin API; those of AOM's events are published as JSON Schemas."""
    for name, schema in sorted(described().document["components"]["schemas"].items()):
        if not name.startswith("event-"):
            yield name, schema


def describe_problems() -> str:
    """Every status that a problem is answered with, and what helps."""
    rows = [(str(status), kind.meaning, kind.remedy) for status, kind in PROBLEMS.items()]
    return table(("status", "when", "what helps"), rows)


def type_of(schema: dict[str, Any]) -> str:
    """A JSON Schema in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema or "const" in schema:
        return ", ".join(code(str(one)) for one in schema.get("enum", [schema.get("const")]))
    if parts := schema.get("anyOf", schema.get("oneOf")):
        return " or ".join(dict.fromkeys(type_of(part) for part in parts))
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if isinstance(inner := schema.get("additionalProperties"), dict):
        return f"object of {type_of(inner)}"
    return str(schema.get("format", schema.get("type", "anything")))


def _operation(name: str, operation: dict[str, Any]) -> str:
    rows = [(code(one), where, kind, text) for one, where, kind, text in taken_by(operation)]
    takes = table(("takes", "in", "type", "what it is"), rows) if rows else ""
    answer = _keys(_schema(operation["responses"]["200"]))
    faults = ", ".join(sorted(status for status in operation["responses"] if status != "200"))
    text = f"{operation['summary']}. {operation['description']}"
    return f"### {name}\n\n{text}\n\n{takes}\n{answer}\nProblems: {faults}.\n"


def _keys(schema: dict[str, Any]) -> str:
    """What is answered: its keys, or of which type it is."""
    if "properties" not in schema:
        return f"Answers {type_of(schema)}.\n"
    rows = [(code(key), type_of(one)) for key, one in schema["properties"].items()]
    return f"{_text(schema)}\n\n{table(('answers', 'type'), rows)}"


def _answer(name: str, schema: dict[str, Any]) -> str:
    rows = [(code(key), type_of(one)) for key, one in schema.get("properties", {}).items()]
    return f"### {name}\n\n{_text(schema)}\n\n{table(('key', 'type'), rows)}"


def _text(schema: dict[str, Any]) -> str:
    return " ".join(schema.get("description", "").split())


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        schema = described().document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found: dict[str, Any] = schema.get("properties", {})
    return found


def _content(described_body: dict[str, Any]) -> dict[str, Any]:
    return _schema(described_body) if described_body else {}


def _schema(described_body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = described_body["content"]["application/json"]["schema"]
    return found
