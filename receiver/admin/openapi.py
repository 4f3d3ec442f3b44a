"""The description at `/openapi.json`, made of the same types that check and write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from receiver.admin.operation import Nothing, Operation
from receiver.aom import EVENTS, LABELS, json_schema

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
ACCEPTED: dict[str, Any] = {
    "type": "object",
    "required": ["id", "event", "status", "deliveries"],
    "properties": {
        "id": {"type": "string"},
        "event": {"type": "string"},
        "status": {"enum": ["accepted", "duplicate"]},
        "deliveries": {"type": "integer", "description": "one per person and connector"},
    },
}
_JSON = "application/json"
_DEFS = "#/$defs/"
_REF = "#/components/schemas/{model}"


def describe_operations(operations: Sequence[Operation]) -> dict[str, Any]:
    """OpenAPI 3.1 for the public endpoint and the given operations of the admin API."""
    components: dict[str, Any] = {"Problem": PROBLEM, "Kept": ACCEPTED}
    paths: dict[str, Any] = _public()
    for event in EVENTS:
        components |= _of_event(event)
    for operation in operations:
        paths.setdefault(_openapi_path(operation.path), {})[operation.method.lower()] = _described(
            operation, components
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "AOM gateway", "version": version("aom-gateway")},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "admin": {"type": "http", "scheme": "bearer"},
                "source": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _described(operation: Operation, components: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "description": f"Needs the role {operation.needed_role}.",
        "operationId": re.sub(r"\W+", "-", f"{operation.method.lower()}{operation.path}").strip(
            "-"
        ),
        "security": [{"admin": []}],
        "parameters": [
            *_parameters(operation.takes, "path", components),
            *_parameters(operation.query, "query", components),
        ],
        "responses": {
            "200": {
                "description": "Done.",
                "content": {
                    _JSON: {"schema": _schema(operation.answer, "serialization", components)}
                },
            }
        },
    }
    if operation.body:
        described["requestBody"] = {
            "required": True,
            "content": {_JSON: {"schema": _schema(operation.body, "validation", components)}},
        }
    faults = {
        401: "The token of an operator is missing or wrong.",
        403: f"It needs the role {operation.needed_role}, which the operator has not.",
        422: "Something given does not fit.",
        429: "Too many wrong tokens came from this address; Retry-After says how long to wait.",
        503: "The store cannot be used.",
    }
    if operation.takes is not Nothing:
        faults[414] = "The path of the address is too long."
    if operation.needed_role == "viewer":
        del faults[403]
    for status, text in {**faults, **operation.faults}.items():
        described["responses"][str(status)] = {
            "description": text,
            "content": {
                "application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}
            },
        }
    return described


def _parameters(model: type[Any], where: str, components: dict[str, Any]) -> list[dict[str, Any]]:
    if model is Nothing:
        return []
    schema = TypeAdapter(model).json_schema(ref_template=_REF)
    components |= schema.pop("$defs", {})
    required = set(schema.get("required", ()))
    return [
        {
            "name": name,
            "in": where,
            "required": where == "path" or name in required,
            "schema": one,
            "description": one.get("description", ""),
        }
        for name, one in schema.get("properties", {}).items()
    ]


def _schema(kind: Any, mode: JsonSchemaMode, components: dict[str, Any]) -> dict[str, Any]:
    schema = TypeAdapter(kind).json_schema(mode=mode, ref_template=_REF)
    components |= schema.pop("$defs", {})
    return schema


def _openapi_path(path: str) -> str:
    return re.sub(r"{(\w+):\w+}", r"{\1}", path)


def _component(event: str) -> str:
    return f"event-{event}"


def _of_event(event: str) -> dict[str, Any]:
    """Its schema, and those of its parts, which the events share."""
    schema = {key: _pointed(value) for key, value in json_schema(event).items() if key != "$schema"}
    parts = {f"event-part-{name}": part for name, part in schema.pop("$defs", {}).items()}
    return {_component(event): schema, **parts}


def _pointed(value: Any) -> Any:
    """References within a schema of its own, as they are within the whole description."""
    if isinstance(value, dict):
        return {
            key: item.replace(_DEFS, _REF.format(model="event-part-"))
            if key == "$ref"
            else _pointed(item)
            for key, item in value.items()
        }
    return [_pointed(item) for item in value] if isinstance(value, list) else value


def _public() -> dict[str, Any]:
    """The intake, for relays and scripts; AOM itself needs no description."""
    events = [{"$ref": _REF.format(model=_component(name))} for name in EVENTS]
    accepted = {
        "description": "Kept.",
        "content": {_JSON: {"schema": {"$ref": _REF.format(model="Kept")}}},
    }
    fault = {
        "description": "Not delivered; see the detail.",
        "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}},
    }
    post: dict[str, Any] = {
        "summary": "Hand in an event",
        "requestBody": {"required": True, "content": {_JSON: {"schema": {"anyOf": events}}}},
        "responses": {
            "200": accepted,
            "202": accepted,
            "401": fault,
            "413": fault,
            "422": fault,
            "429": fault,
            "503": fault,
        },
        "security": [{"source": []}],
    }
    name = {
        "name": "event",
        "in": "path",
        "required": True,
        "schema": {"enum": list(EVENTS)},
        "description": "; ".join(f"{key}: {label}" for key, label in LABELS.items()),
    }
    named = {**post, "parameters": [name], "responses": {**post["responses"], "414": fault}}
    return {"/events": {"post": post}, "/events/{event}": {"post": named}}
