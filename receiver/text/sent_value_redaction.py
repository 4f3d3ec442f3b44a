"""Cuts out of a CRM's words what it was sent, for where they are said in the open: the log,
`/readyz`, the console, alarms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from receiver.text.lower_case import lower_in_place

_SHORTEST = 3  # characters; shorter values stand in any text
_AFTER_ESCAPE = re.compile(r"(?:\\[bfnrt]|\\u[\da-fA-F]{4}|%[\da-fA-F]{2})\Z")


def cut_values(words: str, sent: Iterable[Mapping[str, Any]]) -> str:
    """The words without the values of these records (`key`, `fields`), in whatever case, plain or
    as JSON or a URL has them.

    Only whole words are cut out, and no names of fields: what a remedy names stays to be read.
    """
    lowered = lower_in_place(words)
    values: set[str] = set()
    names: set[str] = set()
    for record in sent:
        names |= {lower_in_place(name) for name in record["fields"]}
        values |= {
            form
            for value in _values(record)
            for form in _find_forms(lower_in_place(value), lowered)
        }
    # the longest first: one may be a part of another
    for value in sorted(values - names, key=len, reverse=True):
        words, lowered = _without(words, lowered, value)
    return words


def _find_forms(value: str, lowered: str) -> Iterator[str]:
    return (form for form in _forms(value) if len(form) >= _SHORTEST and form in lowered)


def _without(words: str, lowered: str, value: str) -> tuple[str, str]:
    parts, lowered_parts, at, start = [], [], 0, -1
    while (start := lowered.find(value, start + 1)) >= 0:
        end = start + len(value)
        if start >= at and ("@" in value or (_begins(lowered, start) and _ends(lowered, end))):
            parts += [words[at:start], "…"]
            lowered_parts += [lowered[at:start], "…"]
            at = end
    return "".join((*parts, words[at:])), "".join((*lowered_parts, lowered[at:]))


def _begins(text: str, start: int) -> bool:
    """Whether no word is cut in two there.

    Only words in ASCII tell: others are written without spaces between them.
    """
    inside = _is_letter(text[start]) and start > 0 and _is_letter(text[start - 1])
    return not inside or _AFTER_ESCAPE.search(text[max(start - 6, 0) : start]) is not None


def _ends(text: str, end: int) -> bool:
    return end == len(text) or not (_is_letter(text[end - 1]) and _is_letter(text[end]))


def _is_letter(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _values(record: Mapping[str, Any]) -> Iterator[str]:
    yield record["key"]
    for value in record["fields"].values():
        yield from map(str, value) if isinstance(value, list) else [str(value)]


def _forms(value: str) -> Iterator[str]:
    yield value
    if not value.isascii() or not value.isalnum():
        yield json.dumps(value)[1:-1]
        yield json.dumps(value, ensure_ascii=False)[1:-1]
        yield quote(value, safe="", errors="replace").lower()
        yield quote(value, safe="@", errors="replace").lower()
