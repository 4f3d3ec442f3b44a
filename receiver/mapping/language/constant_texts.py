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
    return frozenset() if only is None else frozenset(_texts(only))


def _texts(node: nodes.Node | None) -> Iterator[str]:
    match node:
        case nodes.Const(value=str() as text) if text:
            yield text
        case nodes.CondExpr():
            yield from _texts(node.expr1)
            yield from _texts(node.expr2)
        case nodes.Or():
            yield from _texts(node.left)
            yield from _texts(node.right)
        case nodes.Filter(name="default" | "d", args=[fallback, *_]):
            yield from _texts(node.node)
            yield from _texts(fallback)
