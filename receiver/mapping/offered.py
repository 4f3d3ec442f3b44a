"""What of Jinja's language is not offered in an expression, wherever it stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from jinja2 import nodes

from receiver.mapping.pipes import NAMED_AT
from receiver.mapping.text import DIGITS


def refused(tree: nodes.Node) -> Iterator[tuple[str, str]]:
    """What is wrong, and what would be right. Some of it would never end, some can't be checked beforehand."""
    for node in (tree, *tree.find_all(nodes.Node)):
        match node:
            case nodes.Pow():
                yield "powers (**) are not offered", "multiply, or write the number out"
            case nodes.Const(value=float() as number) if not isfinite(number):
                yield "has a number that is too large: it reads as infinite", "write one below 1.7e308"
            case nodes.Const(value=int() as number) if abs(number) >= 10**DIGITS:
                yield f"has a number of more than {DIGITS} digits", "write it as a text, in quotes"
            case nodes.For(recursive=True):
                yield "a recursive loop is not offered", "write one loop inside another, without `recursive`"
            case nodes.Call() | nodes.Filter() | nodes.Test() if node.dyn_args is not None or node.dyn_kwargs is not None:
                yield "arguments with * or ** are not offered", "write each argument"
            case nodes.Filter() if not _is_named(node):
                yield f"| {node.name} is given a name that is not written out", "write it in quotes: | map('upper')"


def _is_named(node: nodes.Filter) -> bool:
    """Whether the filter or test that a filter applies stands there in quotes."""
    _, at = NAMED_AT.get(node.name, ("", len(node.args)))
    return at >= len(node.args) or isinstance(node.args[at], nodes.Const)
