"""A payload as people can read it."""

from __future__ import annotations

import json
import re

DEEPEST = 40  # levels; more of them would fill the page with spaces

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')


def indented(text: str) -> str:
    """JSON with a line for each value, every token as it was sent; verbatim what is no JSON, or too deep to be read so."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    parts: list[str] = []
    depth, before = 0, ""
    for sign in _TOKEN.findall(text):
        if sign in "]}":
            depth -= 1
            parts.append(sign if before in ("[", "{") else _line(depth) + sign)
        else:
            parts.append(_line(depth) + sign if before in ("[", "{", ",") else sign)
        if sign in "[{":
            depth += 1
        elif sign == ":":
            parts.append(" ")
        if depth > DEEPEST:
            return text
        before = sign
    return "".join(parts)


def _line(depth: int) -> str:
    return "\n" + "  " * depth
