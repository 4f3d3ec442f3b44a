"""The constant texts that an expression can come to.

What stands there in quotes, a CRM can be asked about beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import nodes

from receiver.mapping.language.environment import is_constant, lone_expression, parse_expression


def constant_texts(source: Any) -> frozenset[str]:
    """`{{ 'customer' if order.total else none }}` can come to `customer`.

    What is worked out from the event is not among them.
    """
    if not isinstance(source, str) or not source:
        return frozenset()
    if is_constant(source):
        return frozenset({source})
    only = lone_expression(parse_expression(source))
    return frozenset() if only is None else frozenset(_constant_parts(only))


def _constant_parts(node: nodes.Node | None) -> Iterator[str]:
    match node:
        case nodes.Const(value=str() as text) if text:
            yield text
        case nodes.CondExpr():
            yield from _constant_parts(node.expr1)
            yield from _constant_parts(node.expr2)
        case nodes.Or():
            yield from _constant_parts(node.left)
            yield from _constant_parts(node.right)
        case nodes.Filter(name="default" | "d", args=[fallback, *_]):
            yield from _constant_parts(node.node)
            yield from _constant_parts(fallback)
