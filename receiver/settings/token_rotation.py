"""Changes the tokens of a source in the text of a configuration, and nothing else of it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import MutableMapping, Sequence
from typing import Any, Literal, NamedTuple

import tomlkit
from tomlkit.exceptions import TOMLKitError

_FILE = re.compile(r"\$\{file:([^{}]+)\}")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^{}]*)?\}")


class NotEditable(Exception):
    """The tokens do not stand where they can be changed safely; the text says what does."""


class TokenEntry(NamedTuple):
    """One entry of a source's `tokens` as it is written: the token itself, or where it comes from.

    `name` is the path of the file or the name of the variable.
    """

    text: str
    kind: Literal["literal", "file", "variable", "mixed"]
    name: str = ""


def read_entries(text: str, source: str) -> list[TokenEntry]:
    """The tokens of a source as the file writes them. Raises NotEditable."""
    return [_entry(str(one)) for one in _tokens(tomllib.loads(_unix_lines(text)), source)]


def insert_entry(text: str, source: str, index: int, entry: str) -> str:
    """The configuration with one token more at this place. Raises NotEditable."""
    document = _parse(text)
    tokens = _tokens(document, source)
    tokens.append(entry)  # tomlkit writes blanks and comments well behind what is there
    for number in range(len(tokens) - 1, index, -1):
        tokens[number] = str(tokens[number - 1])
    tokens[index] = entry
    wanted = read_entries(text, source)
    wanted.insert(index, _entry(entry))
    return _checked(text, tomlkit.dumps(document), source, wanted)


def keep_first_entry(text: str, source: str) -> str:
    """The configuration with the first token of the source alone. Raises NotEditable."""
    document = _parse(text)
    tokens = _tokens(document, source)
    for _ in range(len(tokens) - 1):
        tokens.pop()
    return _checked(text, tomlkit.dumps(document), source, read_entries(text, source)[:1])


def _entry(text: str) -> TokenEntry:
    if found := _FILE.fullmatch(text):
        return TokenEntry(text, "file", found[1])
    if found := _VARIABLE.fullmatch(text):
        return TokenEntry(text, "variable", found[1])
    return TokenEntry(text, "mixed" if "${" in text else "literal")


def _parse(text: str) -> MutableMapping[str, Any]:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise NotEditable(f"the file cannot be edited by a program: {error}") from error


def _tokens(document: MutableMapping[str, Any], source: str) -> Any:
    try:
        tokens = document["sources"][source]["tokens"]
    except KeyError:
        tokens = None
    if not isinstance(tokens, list):
        raise NotEditable(f"sources.{source}.tokens does not stand in this file as a list")
    return tokens


def _checked(before: str, after: str, source: str, wanted: Sequence[TokenEntry]) -> str:
    """What was written, where it says what was meant and the same as before all around it."""
    old, new = tomllib.loads(_unix_lines(before)), tomllib.loads(_unix_lines(after))
    old["sources"][source]["tokens"] = [one.text for one in wanted]
    if old != new:
        raise NotEditable("the file is written in a way that cannot be edited safely")
    return after


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n")
