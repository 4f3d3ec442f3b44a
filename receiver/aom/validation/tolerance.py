"""A body as it was meant, where PHP, WordPress or a spreadsheet wrote it otherwise and the sense is
plain.

A list with gaps comes as an object with numbers for keys; a value comes as a list of one, a text
with the escapes of HTML in it.
"""

from collections.abc import Mapping
from typing import Any

from receiver.aom.validation.known_keys import KnownKeys
from receiver.aom.values.plain_text import alone, without_entities


def as_meant(raw: Mapping[str, Any], here: KnownKeys) -> dict[str, Any]:
    """A copy of all that the schema knows; what it does not know is the same object as before."""
    return {key: _part(item, key, here) for key, item in raw.items()}


def _part(item: Any, key: str, here: KnownKeys) -> Any:
    inner = here.nested.get(key)
    if (inner and inner.is_list) or key in here.lists:
        return (
            [_entry(one, inner) for one in closed]
            if isinstance(closed := _closed(item), list)
            else item
        )
    if inner:
        return as_meant(item, inner) if isinstance(item, dict) else item
    return _text(item) if key in here.texts else item


def _entry(item: Any, inner: KnownKeys | None) -> Any:
    if inner:
        return as_meant(item, inner) if isinstance(item, dict) else item
    return _unescaped(item)


def _unescaped(item: Any) -> Any:
    """What no schema describes, with the texts in it as they were meant."""
    if isinstance(item, dict):
        return {key: _unescaped(value) for key, value in item.items()}
    if isinstance(item, list):
        return [_unescaped(value) for value in item]
    return without_entities(item) if isinstance(item, str) else item


def _closed(item: Any) -> Any:
    """`{"1": a, "3": b}` → `[a, b]`."""
    if isinstance(item, dict) and item and all(key.isascii() and key.isdigit() for key in item):
        return list(item.values())
    return item


def _text(item: Any) -> Any:
    item = alone(item)
    return without_entities(item) if isinstance(item, str) else item
