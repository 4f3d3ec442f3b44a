"""What stands in the code as a constant."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any


def constants_given_to(names: Collection[str], folder: Path) -> Iterator[Any]:
    """Every constant that is an argument of a function or method of one of these names."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in names:
                yield from (one.value for one in node.args if isinstance(one, ast.Constant))


def texts_given_to(names: Collection[str], folder: Path) -> set[str]:
    """Those that are texts."""
    return {one for one in constants_given_to(names, folder) if isinstance(one, str)}


def numbers_given_to(names: Collection[str], folder: Path) -> set[int]:
    """Those that are whole numbers."""
    return {one for one in constants_given_to(names, folder) if type(one) is int}


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
