"""From the file to a TOML document."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from receiver.faults import ConfigError, ConfigFault

_LINE = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)


def parse(path: Path) -> dict[str, Any]:
    """The document, its fractions as Decimal. Raises ConfigError where there is no file, or it is no TOML."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n"), parse_float=Decimal)
    except OSError as error:
        fault = ConfigFault(str(path), f"can't be read: {error.strerror}", "`aom-gateway init` writes a configuration")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        fault = ConfigFault(f"{path.name}, line {line}", "is not UTF-8", "save the file as UTF-8")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        fault = _syntax(path, str(error))
    raise ConfigError([fault])


def _syntax(path: Path, message: str) -> ConfigFault:
    located = _LINE.fullmatch(message)
    where = path.name if located is None else f"{path.name}, line {located[2]}, column {located[3]}"
    return ConfigFault(where, f"is no TOML: {message if located is None else located[1]}", _remedy(message))


def _remedy(message: str) -> str:
    if "Invalid value" in message:
        return 'texts stand in quotes: name = "text"'
    if "overwrite" in message or "twice" in message:
        return "each key and each [table] may stand once"
    return "see https://toml.io"
