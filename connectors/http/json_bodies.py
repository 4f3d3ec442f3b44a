"""JSON as it is sent and as it comes, of which no part can be relied on to be there."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, TypeVar

import orjson

from connectors.base import BatchRefused, Unavailable

Json = Any
"""What JSON can hold: objects, lists, texts, numbers, true, false and null."""

T = TypeVar("T")


def write_json(data: Json) -> bytes:
    """Write a body: Decimals as numbers with all their places, dates as ISO 8601 has them.

    Raises BatchRefused for what JSON cannot hold; alone in its call, the record is refused.
    """
    try:
        return orjson.dumps(data, default=_encode_other, option=orjson.OPT_PASSTHROUGH_DATACLASS)
    except TypeError as error:
        raise BatchRefused("NOT_WRITABLE", f"it cannot be written as JSON: {error}") from error


def _encode_other(value: object) -> object:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} is no type of JSON")


def read_json(body: bytes) -> Json:
    """Read a body; None where it is no JSON (an edge's HTML, a part of an answer, nothing)."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def value_at(answer: Json, *path: str | int, type_: type[T]) -> T:
    """Give a value out of an answer: `value_at(answer, "data", "id", type_=int)`.

    Raises Unavailable where it is not there, or of another type.
    """
    found = answer
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            raise Unavailable(f"the answer has no {_show_path(path)}") from None
    if not isinstance(found, type_) or (isinstance(found, bool) and type_ is int):
        raise Unavailable(
            f"{_show_path(path)} of the answer is of the type {type(found).__name__}, not "
            f"{type_.__name__}"
        )
    return found


def _show_path(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path)) or "value"
