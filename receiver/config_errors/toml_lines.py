"""On which line of a TOML file each key stands; the standard library's reader does not tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from receiver.config_errors.config_error import ConfigFault
from receiver.config_errors.place import Step, format_place

_TOKEN: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\n|[\[\]{}=,.]|#[^\n]*|[^\s\[\]{}=,.#\"']+",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)

Steps = tuple[Step, ...]


def find_lines(text: str) -> dict[str, int]:
    """The line, counted from 1, of each table, key and item of a list, by its place such as
    `routes[1].fields.amount`.

    The text is TOML that could be read; of any other the places are not to be relied on.
    """
    return {format_place(steps): line for steps, line in _Scanner(text).document().items()}


def line_of(where: str, lines: Mapping[str, int]) -> int | None:
    """The line of a place, or of the nearest table around it that stands in the file."""
    around = [
        place for place in lines if where == place or where.startswith((f"{place}.", f"{place}["))
    ]
    return lines[max(around, key=len)] if around else None


def with_lines(faults: Iterable[ConfigFault], lines: Mapping[str, int]) -> list[ConfigFault]:
    """The faults, each with the line that its place stands on."""
    return [replace(fault, line=line_of(fault.where, lines)) for fault in faults]


class _Scanner:
    """Goes through the tokens of a document; `_lines` grows as keys are met."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, int]] = []
        line = 1
        for match in _TOKEN.finditer(text.replace("\r\n", "\n")):
            if not match[0].startswith("#"):
                self._tokens.append((match[0], line))
            line += match[0].count("\n")
        self._at = 0
        self._lines: dict[Steps, int] = {}
        self._tables: Counter[Steps] = Counter()
        """How many tables each `[[list]]` has so far."""

    def document(self) -> dict[Steps, int]:
        inside: Steps = ()
        while (mark := self._peek()) is not None:
            if mark == "\n":
                self._at += 1
            elif mark == "[":
                inside = self._header()
            else:
                self._pair(inside)
        return self._lines

    def _header(self) -> Steps:
        line = self._line()
        self._at += 1
        is_list = self._peek() == "["
        self._at += is_list
        *outer, last = self._key()
        steps: Steps = ()
        for name in outer:
            self._note((*steps, name), line)
            steps = self._entered((*steps, name))
        steps = (*steps, last)
        if is_list:
            self._note(steps, line)
            self._tables[steps] += 1
        steps = self._entered(steps)
        self._note(steps, line)
        while self._peek() not in ("\n", None):
            self._at += 1
        return steps

    def _entered(self, steps: Steps) -> Steps:
        """The table itself, or the last one of a list of tables."""
        number = self._tables[steps]
        return (*steps, number - 1) if number else steps

    def _pair(self, inside: Steps) -> None:
        """`key = value`, in a table or between braces."""
        line = self._line()
        names = self._key()
        if self._peek() != "=":  # no TOML
            self._at += 1
            return
        self._at += 1
        for end in range(1, len(names) + 1):
            self._note((*inside, *names[:end]), line)
        self._value((*inside, *names))

    def _key(self) -> list[str]:
        names: list[str] = []
        while (mark := self._peek()) not in ("=", "]", "\n", None):
            if mark != ".":
                names.append(_unquote_key(mark or ""))
            self._at += 1
        return names or [""]

    def _value(self, steps: Steps) -> None:
        match self._peek():
            case "{":
                self._inside("}", lambda _: self._pair(steps))
            case "[":
                self._inside("]", lambda index: self._item((*steps, index)))
            case _:
                while self._peek() not in ("\n", ",", "]", "}", None):
                    self._at += 1

    def _item(self, steps: Steps) -> None:
        self._note(steps, self._line())
        self._value(steps)

    def _inside(self, end: str, read: Callable[[int], None]) -> None:
        self._at += 1
        index = 0
        while (mark := self._peek()) not in (end, None):
            if mark in ("\n", ","):
                self._at += 1
                continue
            before = self._at
            read(index)
            self._at += self._at == before  # no TOML
            index += 1
        self._at += 1

    def _note(self, steps: Steps, line: int) -> None:
        self._lines.setdefault(steps, line)

    def _peek(self) -> str | None:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else None

    def _line(self) -> int:
        return self._tokens[self._at][1]


def _unquote_key(key: str) -> str:
    if key.startswith("'"):
        return key[1:-1]
    return _ESCAPE.sub(_unescaped, key[1:-1]) if key.startswith('"') else key


def _unescaped(match: re.Match[str]) -> str:
    if code := match[1] or match[2]:
        return chr(int(code, 16))
    return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(match[3], match[3])
