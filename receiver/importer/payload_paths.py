"""Paths into a payload, as an operator writes them: `customer.email`, `line_items[0].total`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

Path = tuple[str | int, ...]

_STEP = re.compile(r"([^.\[\]\s][^.\[\]]*)((?:\[\d{1,3}\])*)")


class WrongMapping(Exception):
    """A column that is not there, or lacks, or a path that is none; the text says which."""


def parse_path(path: str) -> Path:
    """`line_items[0].total` → ("line_items", 0, "total"). Raises WrongMapping."""
    steps: list[str | int] = []
    for part in path.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            raise WrongMapping(
                f"{path!r} is no path; write customer.email, or line_items[0].total for the "
                "first of a list"
            )
        steps += [match[1], *(int(index) for index in re.findall(r"\[(\d+)\]", match[2]))]
    return tuple(steps)


def format_path(path: Path) -> str:
    """Write a path as `parse_path` reads it."""
    return "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in path
    ).removeprefix(".")


def find_value(payload: Any, path: Path) -> Any:
    """The value at a path, None where nothing is."""
    for step in path:
        if not _holds_step(payload, step):
            return None
        payload = payload[step]
    return payload


def remove_value(payload: Any, path: Path) -> Any:
    """The payload less what is there, and less what held nothing else."""
    step, *rest = path
    if not _holds_step(payload, step):
        return payload
    left, inner = payload.copy(), remove_value(payload[step], tuple(rest)) if rest else None
    if inner:
        left[step] = inner
    else:
        del left[step]
    return left


def is_within(path: Path, unknown: Iterable[str]) -> bool:
    """Whether the path leads into one of these, which are written with `[]` for any index."""
    shown = [format_path(path[: length + 1]) for length in range(len(path))]
    return not {re.sub(r"\[\d+\]", "[]", one) for one in shown}.isdisjoint(unknown)


def _holds_step(value: Any, step: str | int) -> bool:
    if isinstance(step, int):
        return isinstance(value, list) and step < len(value)
    return isinstance(value, dict) and step in value
