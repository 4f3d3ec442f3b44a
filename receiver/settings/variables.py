"""`${NAME}`, `${NAME:-default}` and `${file:PATH}` in the texts of the configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from receiver.config_errors import ConfigFault, Step, format_place

_REFERENCE = re.compile(r"\$\$(?=\{)|\$\{(?!\{)([^{}]*)(\}?)")
"""`$${` is a plain `${`; `${{` is a dollar before an expression."""

_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)

_MOST_BYTES = 65_536  # of a file; one without an end, such as a device, would fill the memory
_STAND_IN = 32  # characters, so that it passes for a token; letters, so that it does for a host


@dataclass
class FilledDocument:
    """The document with all values in place.

    What could not be had is told, and something of its length stands in for it.

    `unset` are variables and files that are not there, `faults` what is written wrongly.
    """

    document: dict[str, Any]
    unset: list[ConfigFault] = field(default_factory=list)
    faults: list[ConfigFault] = field(default_factory=list)


def fill_variables(
    document: Mapping[str, Any], env: Mapping[str, str], directory: Path
) -> FilledDocument:
    """Replace all references.

    Files are looked for from `directory`; the line break at their end does not count.
    """
    filled = FilledDocument({})
    filled.document = _Filler(env, directory, filled).value(dict(document), ())
    return filled


class _Filler:
    def __init__(self, env: Mapping[str, str], directory: Path, filled: FilledDocument) -> None:
        self._env = env
        self._directory = directory
        self._filled = filled

    def value(self, value: Any, steps: tuple[Step, ...]) -> Any:
        match value:
            case dict():
                return {key: self.value(inner, (*steps, key)) for key, inner in value.items()}
            case list():
                return [self.value(inner, (*steps, index)) for index, inner in enumerate(value)]
            case str() if "${" in value:
                return _REFERENCE.sub(
                    lambda match: self._replaced(match, format_place(steps)), value
                )
        return value

    def _replaced(self, match: re.Match[str], where: str) -> str:
        inside, closing = match.groups()
        if inside is None:
            return "$"
        if closing and inside.startswith("file:"):
            return self._file(inside.removeprefix("file:"), where)
        named = _NAME.fullmatch(inside) if closing else None
        if named is None:
            remedy = "write ${NAME}, ${NAME:-default} or ${file:PATH}; $${ stands for ${ itself"
            self._filled.faults.append(ConfigFault(where, f"'{match[0]}' is no reference", remedy))
            return _stand_in(inside)
        return self._variable(named[1], named[2], where)

    def _variable(self, name: str, default: str | None, where: str) -> str:
        if value := self._env.get(name, ""):
            return value
        if default is not None:
            return default
        problem = "is empty" if name in self._env else "is not set"
        remedy = f"set it, or write ${{{name}:-}} if nothing will do"
        self._filled.unset.append(
            ConfigFault(where, f"the environment variable {name} {problem}", remedy)
        )
        return _stand_in(name)

    def _file(self, path: str, where: str) -> str:
        try:
            with (self._directory / path).open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
            if len(content) > _MOST_BYTES:
                problem = f"is longer than {_MOST_BYTES:,} bytes"
            elif value := content.decode().rstrip("\r\n"):
                return value
            else:
                problem = "is empty"
        except UnicodeDecodeError:
            problem = "is no text in UTF-8"
        except (OSError, ValueError) as error:
            problem = f"can't be read: {getattr(error, 'strerror', None) or error}"
        remedy = f"relative paths start at {self._directory}"
        self._filled.unset.append(ConfigFault(where, f"the file {path} {problem}", remedy))
        return _stand_in(path)


def _stand_in(name: str) -> str:
    return f"unset-{re.sub('[^A-Za-z0-9]', '-', name)}".ljust(_STAND_IN, "x")
