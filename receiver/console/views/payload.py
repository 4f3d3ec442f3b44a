"""A payload as people can read it, or as much of it as a page should hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

DEEPEST = 40  # levels; more of them would fill the page with spaces

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')
_JSON = json.JSONEncoder(indent=2, ensure_ascii=False, default=str)


@dataclass(frozen=True, slots=True)
class TextExcerpt:
    """The beginning of a text; all of it, unless it is `cut`."""

    text: str
    cut: bool


class _TooDeep(Exception):
    """It cannot be read level by level."""


def indent_json(text: str, most: int | None = None) -> TextExcerpt:
    """JSON with a line for each value, every token as it was sent; verbatim what is no JSON, or too
    deep to be read so. Up to `most` characters.
    """
    try:
        json.loads(text)
        return _excerpt(_parts(text), most)
    except (ValueError, RecursionError, _TooDeep):
        return _excerpt([text], most)


def as_json(value: Any, most: int | None = None) -> TextExcerpt:
    """A value as JSON with a line for each part of it, up to `most` characters."""
    return _excerpt(_JSON.iterencode(value), most)


def _excerpt(parts: Iterable[str], most: int | None) -> TextExcerpt:
    taken, length = [], 0
    for part in parts:
        taken.append(part)
        length += len(part)
        if most is not None and length > most:
            return TextExcerpt("".join(taken)[:most], cut=True)
    return TextExcerpt("".join(taken), cut=False)


def _parts(text: str) -> Iterator[str]:
    depth, before = 0, ""
    for match in _TOKEN.finditer(text):
        sign = match[0]
        if sign in "]}":
            depth -= 1
            yield sign if before in ("[", "{") else _line(depth) + sign
        else:
            yield _line(depth) + sign if before in ("[", "{", ",") else sign
        if sign in "[{":
            depth += 1
        elif sign == ":":
            yield " "
        if depth > DEEPEST:
            raise _TooDeep
        before = sign


def _line(depth: int) -> str:
    return "\n" + "  " * depth
