"""The reference of the command line: every command, argument and option, from the program
itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import typer
from typer.core import TyperGroup

from docs.hooks.markdown import code, table
from receiver.cli import app

PROGRAM = "aom-gateway"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument or option of a command."""

    names: tuple[str, ...]
    text: str
    default: str
    is_argument: bool


@dataclass(frozen=True, slots=True)
class Command:
    """One command, by the words that call it."""

    words: str
    text: str
    parameters: tuple[Parameter, ...]


def describe_commands() -> str:
    """All commands, each with a heading."""
    return "\n".join(_described(one) for one in all_commands())


def all_commands() -> Iterator[Command]:
    """Every command in the order of the alphabet, a group before what is in it."""
    yield from _commands("", typer.main.get_command(app))


def _commands(words: str, found: Any) -> Iterator[Command]:
    if words:
        yield Command(words, found.help or "", tuple(map(_parameter, found.params)))
    if isinstance(found, TyperGroup):
        context = typer.Context(found)
        for name in sorted(found.list_commands(context)):
            yield from _commands(f"{words} {name}".strip(), found.get_command(context, name))


def _parameter(found: Any) -> Parameter:
    is_argument = found.param_type_name == "argument"
    names = (found.name.upper(),) if is_argument else (*found.opts, *found.secondary_opts)
    return Parameter(names, found.help or "", _default(found.default), is_argument)


def _default(value: Any) -> str:
    """What is taken where nothing is given; empty where that is nothing."""
    if value in (None, "", False, ()) or callable(value):
        return ""
    return str(value.value if isinstance(value, Enum) else value)


def _described(one: Command) -> str:
    arguments = "".join(
        f" {name}" for par in one.parameters if par.is_argument for name in par.names
    )
    rows = [
        (", ".join(map(code, par.names)), par.text, code(par.default) if par.default else "")
        for par in one.parameters
    ]
    usage = f"```sh\n{PROGRAM} {one.words}{arguments} …\n```\n"
    return (
        "## "
        f"{one.words}\n\n{_escaped(one.text)}\n\n{usage}\n"
        f"{table(('argument or option', 'what it is', 'default'), rows)}"
    )


def _escaped(text: str) -> str:
    """Help is plain text: what Markdown would take for markup is shown."""
    return text.replace("<", "&lt;")
