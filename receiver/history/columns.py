"""From the columns of a table to a payload as AOM would send it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from receiver.faults import nearest
from receiver.history.headers import is_date, is_text, near_headers, needed, target
from receiver.history.paths import Path, WrongMapping, parsed, written
from receiver.history.when import in_format


@dataclass(frozen=True, slots=True)
class Told:
    """What the operator says of the columns. `paths` maps headers to paths, "" to leave one out; `constants` maps paths to values."""

    paths: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    time: str = ""  # the column that says when it happened, or the path of payloads in JSON
    date_format: str = ""  # as strptime has it, where it is none that the gateway reads


@dataclass(frozen=True, slots=True)
class Columns:
    """`paths` has one entry per column, None for those that are left out. `constants` are the same for every line."""

    headers: tuple[str, ...]
    paths: tuple[Path | None, ...]
    constants: Mapping[Path, str]
    ignored: tuple[str, ...]  # headers that nobody has said a word about
    time: int | None = None  # the index of the column that says when it happened
    date_format: str = ""

    def payload(self, row: Sequence[str]) -> dict[str, Any]:
        """What is empty is left out; an object or a list in JSON becomes one."""
        values: dict[Path, Any] = dict(self.constants)
        for path, cell in zip(self.paths, row, strict=True):
            if path and (text := cell.strip()):
                values[path] = in_format(text, self.date_format) if is_date(path) else text if is_text(path) else _structured(text)
        nested: dict[str, Any] = _nested(values)
        return nested

    def when(self, row: Sequence[str]) -> str:
        """What the column for the time says."""
        return row[self.time].strip() if self.time is not None else ""

    def shown(self) -> list[tuple[str, str]]:
        """Header and path of each column that is taken."""
        return [(header, written(path)) for header, path in zip(self.headers, self.paths, strict=True) if path]


def map_columns(headers: Sequence[str], event: str, told: Told) -> Columns:
    """What nobody has told is mapped by what it is called. Raises WrongMapping."""
    found = {_header(name, headers): path for name, path in told.paths.items()}
    time = headers.index(_header(told.time, headers)) if told.time else None
    paths: list[Path | None] = [parsed(found[header]) if found.get(header) else None for header in headers]
    fixed = {parsed(path): value for path, value in told.constants.items()}
    taken = [path for path in (*paths, *fixed) if path]
    ignored = []
    for index, header in enumerate(headers):
        if header in found:
            continue
        path = target(header, event)
        if path is None or any(_clash(parsed(path), other) for other in taken):
            ignored += [header] if header and index != time else []
        else:
            paths[index] = parsed(path)
            taken.append(parsed(path))
    _require_no_clash(taken)
    _require_needed(taken, event, ignored)
    return Columns(tuple(headers), tuple(paths), fixed, tuple(ignored), time, told.date_format)


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
                raise WrongMapping(f"two columns want to be {written(min(path, other, key=len))}; leave one out with --column 'HEADER='")


def _require_needed(taken: Sequence[Path], event: str, ignored: Sequence[str]) -> None:
    missing = [path for path in needed(event) if not any(_clash(parsed(path), one) for one in taken)]
    if missing:
        raise WrongMapping("\n".join(_missing(path, event, ignored) for path in missing))


def _missing(path: str, event: str, ignored: Sequence[str]) -> str:
    near = near_headers(path, event, ignored)
    left = ", ".join(repr(header) for header in near or ignored) or "none"
    say = f"--column {f'{(near or ignored)[0]}={path}'!r}" if ignored else f"--set {f'{path}=…'!r}"
    return f"{event} needs {path}, and no column is it. " + (f"Is it {left}? " if near else f"Columns left: {left}. ") + f"Say {say}."


def _clash(one: Path, other: Path) -> bool:
    """The same place, or one within the other."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _structured(text: str) -> Any:
    if text[0] in "[{":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    return text


def _nested(values: Mapping[Path, Any]) -> Any:
    """Lists close up where an entry has no value at all."""
    if () in values:
        return values[()]
    inner: dict[str | int, dict[Path, Any]] = {}
    for (step, *rest), value in values.items():
        inner.setdefault(step, {})[tuple(rest)] = value
    if inner and all(isinstance(step, int) for step in inner):
        return [_nested(inner[index]) for index in sorted(inner, key=int)]
    return {str(step): _nested(rest) for step, rest in inner.items()}
