"""From the file to a TOML document."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from receiver.config_errors import ConfigError, ConfigFault

DEEPEST = 50

_ENDLESS = re.compile(r"[0-9_]{4000,}")
_LINE = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)


def parse_document(path: Path) -> dict[str, Any]:
    """The document, its fractions as Decimal.

    Raises ConfigError where there is no file, or it is no TOML.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        document = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        fault = ConfigFault(
            str(path),
            f"can't be read: {error.strerror}",
            "`aom-gateway init` writes a configuration",
        )
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        fault = ConfigFault(f"{path.name}, line {line}", "is not UTF-8", "save the file as UTF-8")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        fault = _syntax(path, str(error))
    except ValueError:  # Python reads no whole number of thousands of digits
        fault = ConfigFault(
            _line_of(_ENDLESS, path, text),
            "holds a number of thousands of digits",
            "write what is meant, or a text in quotes",
        )
    else:
        if _depth(document) <= DEEPEST:
            return document
        fault = ConfigFault(
            path.name,
            f"holds tables within tables, more than {DEEPEST} of them",
            "no setting lies deeper than ten",
        )
    raise ConfigError([fault])


def _line_of(pattern: re.Pattern[str], path: Path, text: str) -> str:
    found = pattern.search(text)
    return (
        path.name
        if found is None
        else f"{path.name}, line {text.count(chr(10), 0, found.start()) + 1}"
    )


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


def _syntax(path: Path, message: str) -> ConfigFault:
    located = _LINE.fullmatch(message)
    where = path.name if located is None else f"{path.name}, line {located[2]}, column {located[3]}"
    return ConfigFault(
        where, f"is no TOML: {message if located is None else located[1]}", _remedy(message)
    )


def _remedy(message: str) -> str:
    if "Invalid value" in message:
        return 'texts stand in quotes: name = "text"'
    if "overwrite" in message or "twice" in message:
        return "each key and each [table] may stand once"
    return "see https://toml.io"
