"""From bytes to a JSON object that can be stored and rendered anywhere."""

import json
from collections.abc import Iterator
from typing import Any

import orjson
from pydantic_core import from_json

from receiver.aom.faults import Fault, Invalid, path

BOM = b"\xef\xbb\xbf"

_exact = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def parse(body: bytes) -> tuple[dict[str, Any], bytes]:
    """The object, and its canonical form (sorted keys, no white space). Of a key that stands twice the last value counts.

    Raises Invalid for what is no JSON object in UTF-8 (NaN, Infinity and lone surrogates are no JSON), is nested deeper than
    200, or holds NUL characters or numbers beyond floating point, which later stages could not keep.
    """
    value = _json(body)
    if not isinstance(value, dict):
        raise Invalid([Fault("", f"must be a JSON object, not {kind(value)}")])
    try:
        canonical = _canonical(value, body)
    except ValueError as error:  # JSON can say 1e999, floating point cannot
        found = [Fault(where, "is a number out of range") for where in _places(value, _is_infinite)]
        raise Invalid(found or [Fault("", f"holds a number that cannot be kept: {error}")]) from None
    if b"\\u0000" in canonical and (found := [Fault(where, "holds a NUL character (\\u0000)") for where in _places(value, _has_nul)]):
        raise Invalid(found)
    return value, canonical


def _canonical(value: object, body: bytes) -> bytes:
    """Raises ValueError for a number out of range."""
    try:
        canonical = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits
        return _exact(value).encode()
    if canonical.count(b"null") > body.count(b"null"):  # it writes infinity so
        _exact(value)
    return canonical


def kind(value: object) -> str:
    """What JSON calls the value, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"


def _json(body: bytes) -> Any:
    try:
        return from_json(body.removeprefix(BOM), allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise Invalid([Fault("", _why_no_json(body, error))]) from None


def _why_no_json(body: bytes, error: ValueError) -> str:
    if not body.strip():
        return "is empty; a JSON object is needed"
    try:
        body.decode()
    except UnicodeDecodeError as wrong:
        return f"is not UTF-8: byte 0x{body[wrong.start]:02x} at offset {wrong.start}"
    return f"is not JSON: {error}"


def _has_nul(value: object) -> bool:
    return isinstance(value, str) and "\0" in value


def _is_infinite(value: object) -> bool:
    return isinstance(value, float) and value in (float("inf"), float("-inf"))


def _places(value: object, wrong: Any, steps: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Where a value, or a key, is wrong."""
    if wrong(value):
        yield path(steps)
    elif isinstance(value, dict):
        for key, item in value.items():
            if wrong(key):
                yield path((*steps, key))
            yield from _places(item, wrong, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, wrong, (*steps, index))
