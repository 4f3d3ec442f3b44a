"""Text that every database can hold: PostgreSQL has no NUL, UTF-8 no lone surrogates.

U+FFFD stands in for them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import orjson


def storable_text(text: str) -> str:
    if text.isascii() and "\x00" not in text:
        return text
    return (
        text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def storable_text_or_none(text: str | None) -> str | None:
    return None if text is None else storable_text(text)


def json_or_none(values: Sequence[Any]) -> str | None:
    """A JSON list, or None where there is nothing in it."""
    if not values:
        return None
    try:
        return orjson.dumps(values).decode()
    except TypeError:  # lone surrogates
        return storable_text(json.dumps(list(values), ensure_ascii=False))


def from_json(text: str | None) -> list[Any]:
    return json.loads(text) if text else []
