"""What a log may hold of a CRM's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_SHORTEST = 3  # characters; shorter values stand in any text


def harmless(words: str, sent: Iterable[Mapping[str, Any]]) -> str:
    """The words without the values of these records, as `lanes` keeps them. The longest go first: one may be a part of another."""
    values = {value for record in sent for value in _values(record) if len(value) >= _SHORTEST}
    for value in sorted(values, key=len, reverse=True):
        words = words.replace(value, "…")
    return words


def _values(record: Mapping[str, Any]) -> Iterator[str]:
    yield record["key"]
    for value in record["fields"].values():
        yield from map(str, value) if isinstance(value, list) else [str(value)]
