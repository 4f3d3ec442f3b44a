"""What of a value an expression may name.

One table serves the check beforehand and the sandbox at work.
"""

from __future__ import annotations

import types
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from jinja2.runtime import Undefined
from pydantic import BaseModel

from receiver.mapping.language.limits import READ, bounded_read

_DATE = frozenset({"day", "isoformat", "isoweekday", "month", "strftime", "weekday", "year"})

_PLAIN: Mapping[type, frozenset[str]] = {
    str: frozenset(
        {
            *(
                "capitalize",
                "casefold",
                "endswith",
                "find",
                "isdigit",
                "lower",
                "lstrip",
                "partition",
                "removeprefix",
                "removesuffix",
            ),
            *(
                "replace",
                "rpartition",
                "rsplit",
                "rstrip",
                "split",
                "splitlines",
                "startswith",
                "strip",
                "title",
                "upper",
            ),
        }
    ),
    datetime: _DATE | {"date", "hour", "minute", "second", "timestamp"},
    date: _DATE,
    dict: frozenset({"get", "items", "keys", "values"}),
}
"""Methods and attributes of plain values; the first type that fits counts."""


@cache
def members_of(annotation: Any) -> Mapping[str, Any] | None:
    """Name → annotation of what stands behind a dot. None: anything may, as in a dict from JSON."""
    kind = bare_type(annotation)
    if kind is Any or kind is object:
        return None
    if isinstance(kind, frozenset):
        parts = [members_of(part) for part in kind]
        return None if None in parts else dict(ChainMap(*(dict(part or {}) for part in parts)))
    if issubclass(kind, Mapping):
        return None
    if issubclass(kind, BaseModel):
        computed = {name: field.return_type for name, field in kind.model_computed_fields.items()}
        return (
            {name: field.annotation for name, field in kind.model_fields.items()}
            | computed
            | _properties(kind)
        )
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return {field.name: hints[field.name] for field in fields(kind)} | _properties(kind)
    return next(
        (
            dict.fromkeys(sorted(names), Any)
            for plain, names in _PLAIN.items()
            if issubclass(kind, plain)
        ),
        {},
    )


NOTHING: Final = object()
"""What `read_attribute` gives where there is no such attribute."""


def read_attribute(owner: Any, name: str) -> Any:
    """What an expression reads behind a dot. What is None or absent has only the same inside."""
    kind: Any = type(owner)
    if kind is not dict and name in readable_names(kind):
        value = getattr(owner, name)
        return value if type(value) is str and len(value) < READ else bounded_read(value)
    if kind is dict and name in owner:  # a key of the payload, even if it is called `items`
        return bounded_read(owner[name])
    if kind is dict:
        return getattr(owner, name) if name in readable_names(dict) else NOTHING
    return owner if owner is None or isinstance(owner, Undefined) else NOTHING


@cache
def readable_names(kind: Any) -> frozenset[str]:
    """What an expression may read of values of a class while rendering."""
    return _PLAIN[dict] if issubclass(kind, dict) else frozenset(members_of(kind) or ())


@cache
def element_of(annotation: Any) -> Any:
    """The annotation of one item; Any where nothing is known; None for what is no list at all."""
    kind, origin = strip_optional(annotation), get_origin(strip_optional(annotation))
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return get_args(kind)[0]
    plain = bare_type(annotation)
    if plain is str:
        return None
    return (
        Any
        if plain is Any or isinstance(plain, frozenset) or issubclass(plain, Sequence | Mapping)
        else None
    )


def strip_optional(annotation: Any) -> Any:
    """The annotation without Annotated and without None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return strip_optional(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not types.NoneType]
        return strip_optional(rest[0]) if len(rest) == 1 else annotation
    return annotation


def bare_type(annotation: Any) -> Any:
    """The class, Any, or the frozenset of a union's parts."""
    annotation = strip_optional(annotation)
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
