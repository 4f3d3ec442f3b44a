"""How a place in the configuration is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

Step = str | int
"""A key of a table, or an index of a list."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def format_place(steps: Iterable[Step]) -> str:
    """`("routes", 1, "fields", "a.b")` → `routes[1].fields."a.b"`, quoted as TOML would have it."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if _BARE.fullmatch(step) else json.dumps(step, ensure_ascii=False)
            text += f".{name}" if text else name
    return text
