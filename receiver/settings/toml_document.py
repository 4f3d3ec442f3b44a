"""From the file to a TOML document."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from receiver.config_errors import ConfigError, ConfigFault, find_curly_quote

DEEPEST = 50

_ENDLESS = re.compile(r"[0-9_]{4000,}")
_LINE = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)


def parse_document(path: Path) -> dict[str, Any]:
    """The document, its fractions as Decimal.

    Raises ConfigError where there is no file, or it is no TOML.
    """
    return parse_text(read_text(path), path.name)


def parse_text(text: str, name: str) -> dict[str, Any]:
    """The document of a text, its fractions as Decimal; faults tell its `name` as their place.

    Raises ConfigError where it is no TOML.
    """
    text = text.replace("\r\n", "\n")
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        fault = _syntax(name, text, str(error))
    except ValueError:  # Python reads no whole number of thousands of digits
        fault = ConfigFault(
            _line_of(_ENDLESS, name, text),
            "holds a number of thousands of digits",
            "write what is meant, or a text in quotes",
        )
    else:
        if _depth(document) <= DEEPEST:
            return document
        fault = ConfigFault(
            name,
            f"holds tables within tables, more than {DEEPEST} of them",
            "no setting lies deeper than ten",
        )
    raise ConfigError([fault])


def read_text(path: Path) -> str:
    """The file's text, its lines ended as on Unix.

    Raises ConfigError where there is no file, or it is no UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        fault = ConfigFault(
            str(path),
            f"can't be read: {error.strerror}",
            "`aom-gateway init` writes a configuration; --config names another file",
        )
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        fault = ConfigFault(f"{path.name}, line {line}", "is not UTF-8", "save the file as UTF-8")
    raise ConfigError([fault])


def _line_of(pattern: re.Pattern[str], name: str, text: str) -> str:
    found = pattern.search(text)
    return name if found is None else f"{name}, line {text.count(chr(10), 0, found.start()) + 1}"


def _depth(document: object) -> int:
    """How deep tables and lists lie in one another; without recursion, which would itself go too
    deep.
    """
    depth, level = 0, [document]
    while level:
        depth += 1
        inner = [
            one.values() if isinstance(one, dict) else one
            for one in level
            if isinstance(one, dict | list)
        ]
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
    return depth


def _syntax(name: str, text: str, message: str) -> ConfigFault:
    located = _LINE.fullmatch(message)
    if located is None:
        return ConfigFault(name, f"is no TOML: {message}", _remedy(message, ""))
    lines = text.split("\n")
    line = int(located[2])
    if (single := _single_brackets(lines, line)) is not None:
        number, table = single
        return ConfigFault(
            f"{name}, line {number}",
            f"[{table}] is one table, and there are several",
            f"write [[{table}]] in double brackets, each time",
        )
    where = f"{name}, line {line}, column {located[3]}"
    remedy = _remedy(message, lines[line - 1])
    return ConfigFault(where, f"is no TOML: {located[1]}", remedy)


_HEADER = re.compile(r"\s*\[\[?\s*(routes(?:\s*\.\s*upsert)?)\s*\]")


def _single_brackets(lines: list[str], line: int) -> tuple[int, str] | None:
    """Where `[routes]` or `[routes.upsert]` stands for `[[…]]`, if the fault is of that table."""
    if (found := _HEADER.match(lines[line - 1])) is None:
        return None
    name = "".join(found[1].split())
    single = re.compile(rf"\s*\[\s*{re.escape(name)}\s*\]\s*(#.*)?")
    numbers = (number for number, one in enumerate(lines, 1) if single.fullmatch(one))
    return next(((number, name) for number in numbers), None)


_STRAIGHT = re.compile(r"""\"[^"]*\"|'[^']*'""")
_QUOTED_PATH = re.compile(r'"[^"]*\\')


def _remedy(message: str, line: str) -> str:
    """What would be right, from what is told and the line that it is told of."""
    if found := find_curly_quote(_STRAIGHT.sub("", line)):
        return f'{found} is a curly quote; write texts in straight ones: name = "text"'
    if "Invalid value" in message:
        return 'texts stand in quotes: name = "text"'
    if ("escape" in message or "hex" in message.lower()) and _QUOTED_PATH.search(line):
        return "a backslash begins an escape; write a path with slashes, as C:/dir/file"
    if "overwrite" in message or "twice" in message:
        return "each key and each [table] may stand once"
    return "see https://toml.io"
