"""What of a value an expression may name. One table serves the check beforehand and the sandbox at work."""

from __future__ import annotations

import types
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from jinja2.runtime import LoopContext
from pydantic import BaseModel

_DATE = frozenset({"day", "isoformat", "isoweekday", "month", "strftime", "weekday", "year"})

_PLAIN: Mapping[type, frozenset[str]] = {
    str: frozenset(
        {
            *("capitalize", "casefold", "endswith", "find", "isdigit", "lower", "lstrip", "partition", "removeprefix", "removesuffix"),
            *("replace", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper"),
        }
    ),
    datetime: _DATE | {"date", "hour", "minute", "second", "timestamp"},
    date: _DATE,
    dict: frozenset({"get", "items", "keys", "values"}),
    LoopContext: frozenset({"first", "index", "index0", "last", "length", "nextitem", "previtem", "revindex", "revindex0"}),
}
"""Methods and attributes of plain values; the first type that fits counts."""


@cache
def members(annotation: Any) -> Mapping[str, Any] | None:
    """Name → annotation of what stands behind a dot. None: anything may, as in a dict from JSON."""
    kind = bare(annotation)
    if kind is Any or kind is object:
        return None
    if isinstance(kind, frozenset):
        parts = [members(part) for part in kind]
        return None if None in parts else dict(ChainMap(*(dict(part or {}) for part in parts)))
    if issubclass(kind, Mapping):
        return None
    if issubclass(kind, BaseModel):
        computed = {name: field.return_type for name, field in kind.model_computed_fields.items()}
        return {name: field.annotation for name, field in kind.model_fields.items()} | computed | _properties(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return {field.name: hints[field.name] for field in fields(kind)} | _properties(kind)
    return next((dict.fromkeys(sorted(names), Any) for plain, names in _PLAIN.items() if issubclass(kind, plain)), {})


def readable(value: Any, name: str) -> bool:
    """Whether an expression may read this of a value while rendering."""
    kind: Any = type(value)
    return name in _readable(kind)


@cache
def _readable(kind: Any) -> frozenset[str]:
    return _PLAIN[dict] if issubclass(kind, dict) else frozenset(members(kind) or ())


@cache
def element(annotation: Any) -> Any:
    """The annotation of one item; Any where nothing is known; None for what is no list at all."""
    kind, origin = strip(annotation), get_origin(strip(annotation))
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return get_args(kind)[0]
    plain = bare(annotation)
    if plain is str:
        return None
    return Any if plain is Any or isinstance(plain, frozenset) or issubclass(plain, Sequence | Mapping) else None


def strip(annotation: Any) -> Any:
    """The annotation without Annotated and without None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return strip(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not types.NoneType]
        return strip(rest[0]) if len(rest) == 1 else annotation
    return annotation


def bare(annotation: Any) -> Any:
    """The class, Any, or the frozenset of a union's parts."""
    annotation = strip(annotation)
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return frozenset(part for part in get_args(annotation) if part is not types.NoneType)
    if origin is Literal:
        return type(get_args(annotation)[0])
    kind = origin or annotation
    return kind if isinstance(kind, type) else Any


def _properties(kind: type) -> dict[str, Any]:
    """Read-only properties that the class itself states, with what they return."""
    return {
        name: get_type_hints(member.fget).get("return", Any)
        for base in kind.__mro__
        if base not in (BaseModel, object)
        for name, member in vars(base).items()
        if isinstance(member, property) and not name.startswith("_")
    }
