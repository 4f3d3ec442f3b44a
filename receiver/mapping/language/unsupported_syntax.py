"""What of Jinja's language is not part of ours, wherever it stands in an expression."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import isfinite
from typing import Final

from jinja2 import nodes

from receiver.mapping.language.environment import ENVIRONMENT
from receiver.mapping.language.filter_types import NAMED_AT, NAMING, attribute_of
from receiver.mapping.language.value_text import DIGITS

_PARTS: Final = 6  # of `attribute=`; each is a look-up for each item

_INSTEAD: Mapping[str, str] = {
    "if": "write {{ a if b else c }}, or a `when` for the route or the upsert",
    "for": (
        "use `each` for records, filters for texts: {{ courses | join(', ', attribute='name') }}"
    ),
    "set": "write the expression where it is used",
    "with": "write the expression where it is used",
    "raw": "write it as an expression: {{ '{{' }}",
}
_USE: Final = "use expressions, {{ … }}, with filters and inline `if`"


def find_statements(source: str) -> Iterator[tuple[str, str]]:
    """What is wrong and what would be right, for each `{% … %}`. Raises TemplateSyntaxError."""
    tokens = [(kind, text) for _, kind, text in ENVIRONMENT.lex(source) if kind != "whitespace"]
    for (kind, _), (_, following) in pairwise((*tokens, ("", ""))):
        name = {"raw_begin": "raw", "block_begin": following}.get(kind, "end")
        if not name.startswith(("end", "el")):
            message = f"has a statement, {{% {name} … %}}; statements are not part of expressions"
            yield message, _INSTEAD.get(name, _USE)


def find_unsupported(tree: nodes.Node) -> Iterator[tuple[str, str]]:
    """What is wrong, and what would be right: it would never end, or can't be checked
    beforehand.
    """
    for node in (tree, *tree.find_all(nodes.Node)):
        match node:
            case nodes.Pow():
                yield "powers (**) are not offered", "multiply, or write the number out"
            case nodes.Const(value=float() as number) if not isfinite(number):
                yield (
                    "has a number that is too large: it reads as infinite",
                    "write one below 1.7e308",
                )
            case nodes.Const(value=int() as number) if abs(number) >= 10**DIGITS:
                yield f"has a number of more than {DIGITS} digits", "write it as a text, in quotes"
            case nodes.Call() | nodes.Filter() | nodes.Test() if (
                node.dyn_args is not None or node.dyn_kwargs is not None
            ):
                yield "arguments with * or ** are not offered", "write each argument"
            case nodes.Filter():
                yield from _of_filter(node)


def _of_filter(node: nodes.Filter) -> Iterator[tuple[str, str]]:
    _, at = NAMED_AT.get(node.name, ("", len(node.args)))
    named = node.args[at] if at < len(node.args) else None
    if named is not None and not isinstance(named, nodes.Const):
        yield (
            f"| {node.name} is given a name that is not written out",
            "write it in quotes: | map('upper')",
        )
    elif isinstance(named, nodes.Const) and named.value in NAMING:
        yield (
            f"| {node.name} is given | {named.value}, which goes through lists of its own",
            "go through one list at a time",
        )
    attribute = attribute_of(node)
    if attribute is not None and not isinstance(attribute, nodes.Const):
        yield (
            f"| {node.name} is given an attribute that is not written out",
            "write it in quotes: | map(attribute='name')",
        )
    elif (
        isinstance(attribute, nodes.Const) and len(re.split(r"[.,]", str(attribute.value))) > _PARTS
    ):
        yield (
            f"| {node.name} is given an attribute of more than {_PARTS} parts",
            "name fewer of them",
        )
