"""From the columns of a table to a payload as AOM would send it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from receiver.faults import nearest
from receiver.history.headers import target

Path = tuple[str | int, ...]

_STEP = re.compile(r"([^.\[\]\s][^.\[\]]*)((?:\[\d{1,3}\])*)")


class WrongMapping(Exception):
    """A column that is not there, or a path that is none; the text says which."""


@dataclass(frozen=True, slots=True)
class Columns:
    """`paths` has one entry per column, None for those that are left out. `constants` are the same for every line."""

    headers: tuple[str, ...]
    paths: tuple[Path | None, ...]
    constants: Mapping[Path, str]
    ignored: tuple[str, ...]  # headers that nobody has said a word about

    def payload(self, row: Sequence[str]) -> dict[str, Any]:
        """What is empty is left out."""
        values = dict(self.constants)
        values |= {path: value.strip() for path, value in zip(self.paths, row, strict=True) if path and value.strip()}
        return _nested(values)

    def shown(self) -> list[tuple[str, str]]:
        """Header and path of each column that is taken."""
        return [(header, written(path)) for header, path in zip(self.headers, self.paths, strict=True) if path]


def map_columns(headers: Sequence[str], event: str, given: Mapping[str, str], constants: Mapping[str, str]) -> Columns:
    """`given` maps headers to paths, "" to leave one out; the others are mapped by what they are called. Raises WrongMapping."""
    found = {_header(name, headers): path for name, path in given.items()}
    paths: list[Path | None] = [parsed(found[header]) if found.get(header) else None for header in headers]
    fixed = {parsed(path): value for path, value in constants.items()}
    taken = [path for path in (*paths, *fixed) if path]
    ignored = []
    for index, header in enumerate(headers):
        if header in found:
            continue
        path = target(header, event)
        if path is None or any(_clash(parsed(path), other) for other in taken):
            ignored.append(header)
        else:
            paths[index] = parsed(path)
            taken.append(parsed(path))
    _require_no_clash(taken)
    return Columns(tuple(headers), tuple(paths), fixed, tuple(ignored))


def parsed(path: str) -> Path:
    """`line_items[0].total` → ("line_items", 0, "total"). Raises WrongMapping."""
    steps: list[str | int] = []
    for part in path.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            raise WrongMapping(f"{path!r} is no path; write customer.email, or line_items[0].total for the first of a list")
        steps += [match[1], *(int(index) for index in re.findall(r"\d+", match[2]))]
    return tuple(steps)


def written(path: Path) -> str:
    """The other way round."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _header(name: str, headers: Sequence[str]) -> str:
    if name in headers:
        return name
    folded = [header for header in headers if header.strip().casefold() == name.strip().casefold()]
    if folded:
        return folded[0]
    near = nearest(name, headers)
    raise WrongMapping(f"there is no column {name!r}; " + (f"did you mean {near!r}?" if near else f"there are: {', '.join(headers)}"))


def _require_no_clash(paths: Sequence[Path]) -> None:
    for index, path in enumerate(paths):
        for other in paths[:index]:
            if _clash(path, other):
                raise WrongMapping(f"two columns want to be {written(min(path, other, key=len))}; leave one out with --map 'COLUMN='")


def _clash(one: Path, other: Path) -> bool:
    """The same place, or one within the other."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _nested(values: Mapping[Path, str]) -> Any:
    """Lists close up where an entry has no value at all."""
    if () in values:
        return values[()]
    inner: dict[str | int, dict[Path, str]] = {}
    for (step, *rest), value in values.items():
        inner.setdefault(step, {})[tuple(rest)] = value
    if inner and all(isinstance(step, int) for step in inner):
        return [_nested(inner[index]) for index in sorted(inner, key=int)]
    return {str(step): _nested(rest) for step, rest in inner.items()}
