"""From bytes to a JSON object that can be stored and rendered anywhere."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from pydantic_core import from_json

from receiver.aom.validation.errors import BodyError, InvalidBody, format_path

BOM = b"\xef\xbb\xbf"

FEW_BYTES = 64 * 1024  # a body of which may consist of whatever it likes
BYTES_EACH = 8  # at least, of a list or an object in a larger one
"""Half a million lists fit into a MiB, which take fifty of memory; and while Python's collector
looks at them, no other thread runs.
"""

_printed = re.compile(
    rb"(?:<|(?:PHP )?(?:Warning|Notice|Deprecated|Strict Standards):).*", re.DOTALL
).fullmatch

_exact = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


class ParsedBody(NamedTuple):
    value: dict[str, Any]
    canonical: bytes  # sorted keys, no white space
    around: bool = False  # markup or a warning of PHP stands before or behind the JSON


def parse_body(body: bytes) -> ParsedBody:
    """Read the JSON object in a body.

    Of a key that stands twice the last value counts; what PHP prints around the JSON is left out.

    Raises InvalidBody for what is no JSON object in UTF-8 (NaN, Infinity and lone surrogates are no
    JSON), is nested deeper than 200, consists of hardly anything but lists and objects, or holds
    NUL characters or numbers beyond floating point, which later stages could not keep.
    """
    if len(body) > FEW_BYTES and (body.count(b"[") + body.count(b"{")) * BYTES_EACH > len(body):
        raise InvalidBody([BodyError("", "has more lists and objects than are read")])
    value, part = _json(body)
    if not isinstance(value, dict):
        raise InvalidBody([BodyError("", f"must be a JSON object, not {json_kind(value)}")])
    try:
        canonical = _canonical(value, part)
    except ValueError as error:  # JSON can say 1e999, floating point cannot
        found = [
            BodyError(where, "is a number out of range") for where in _places(value, _is_infinite)
        ]
        raise InvalidBody(
            found or [BodyError("", f"holds a number that cannot be kept: {error}")]
        ) from None
    # of most bodies the first is quickly told
    may_hold_nul = b"\\" in canonical and b"\\u0000" in canonical
    if may_hold_nul and (
        found := [
            BodyError(where, "holds a NUL character (\\u0000)")
            for where in _places(value, _has_nul)
        ]
    ):
        raise InvalidBody(found)
    return ParsedBody(value, canonical, around=part is not body)


def _canonical(value: object, body: bytes) -> bytes:
    """Raises ValueError for a number out of range."""
    try:
        canonical = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits
        return _exact(value).encode()
    if canonical.count(b"null") > body.count(b"null"):  # it writes infinity so
        _exact(value)
    return canonical


def json_kind(value: object) -> str:
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


def _json(body: bytes) -> tuple[Any, bytes]:
    """The value, and the part of the body that it stands in."""
    try:
        return from_json(body.removeprefix(BOM), allow_inf_nan=False, cache_strings="keys"), body
    except ValueError as error:
        part = _unwrapped(body)
        try:
            return from_json(part, allow_inf_nan=False, cache_strings="keys"), part
        except ValueError:
            raise InvalidBody([BodyError("", _why_no_json(body, error))]) from None


def _unwrapped(body: bytes) -> bytes:
    """The one object between what PHP may print before it and behind it, b"" where it is not plain
    which that is.
    """
    start, end = body.find(b"{"), body.rfind(b"}") + 1
    before, behind = body[: max(start, 0)].removeprefix(BOM).strip(), body[end:].strip()
    plain = (
        0 <= start < end
        and (before or behind)
        and all(not part or _printed(part) for part in (before, behind))
    )
    return body[start:end] if plain else b""


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
        yield format_path(steps)
    elif isinstance(value, dict):
        for key, item in value.items():
            if wrong(key):
                yield format_path((*steps, key))
            yield from _places(item, wrong, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, wrong, (*steps, index))
