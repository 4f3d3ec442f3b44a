"""An expression's tree, changed so that it pays for what it does: each part, each turn of a loop, each comparison.

What a filter, a test or a method costs it pays itself; see `costs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from datetime import date
from decimal import Decimal
from typing import Any

from jinja2 import nodes
from jinja2.runtime import Context, Undefined
from jinja2.utils import pass_context
from jinja2.visitor import NodeTransformer

from receiver.mapping.budget import Budget

_LOOP, _WEIGHED, _SEARCHED, _SLICED, _ITEM = " loop", " weighed", " searched", " sliced", " item"  # no expression can name these

_KEYS = (str, int, float, Decimal, date, type(None), Undefined)  # not a tuple, whose hash may take long


class Metered(Context):
    """A context that knows what its expression may spend."""

    budget: Budget


def metered(tree: nodes.Template) -> tuple[nodes.Template, int]:
    """The tree with its meters, and how many parts it has outside its loops."""
    parts = _parts(tree)
    changed = _Meters().visit(tree)
    assert isinstance(changed, nodes.Template)  # noqa: S101 - for the type checker: the root is never replaced
    return changed, parts


def _parts(node: nodes.Node) -> int:
    """How many nodes are evaluated with this one. Of a loop inside, what it goes through; the rest counts by its turns."""
    inside = (node.iter, *node.else_) if isinstance(node, nodes.For) else node.iter_child_nodes()
    return 1 + sum(_parts(child) for child in inside)


class _Meters(NodeTransformer):
    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - Jinja's names for them
        turn = 1 + sum(_parts(part) for part in (*node.body, *([node.test] if node.test is not None else [])))
        self.generic_visit(node)
        node.iter = _filter(node.iter, _LOOP, nodes.Const(turn))
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:  # noqa: N802
        cheap = _is_cheap(node)
        self.generic_visit(node)
        if not cheap:
            node.expr = _filter(node.expr, _WEIGHED)
            for operand in node.ops:
                operand.expr = _filter(operand.expr, _SEARCHED if operand.op in ("in", "notin") else _WEIGHED)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Expr:  # noqa: N802
        return self._built(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:  # noqa: N802
        return self._built(node) if node.ctx == "load" else node

    def visit_Dict(self, node: nodes.Dict) -> nodes.Expr:  # noqa: N802
        return self._built(node)

    def visit_Filter(self, node: nodes.Filter) -> nodes.Filter:  # noqa: N802
        self.generic_visit(node)
        if node.name == "join" and isinstance(node.node, nodes.Filter) and node.node.name == _WEIGHED:
            node.node = node.node.node  # it pays for each text by itself
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:  # noqa: N802
        self.generic_visit(node)
        match node.arg:
            case nodes.Slice():
                return _filter(node, _SLICED)
            case nodes.Const(value=str(name)):
                return nodes.Getattr(node.node, name, "load", lineno=node.lineno)
            case nodes.Const():
                return node
        return _filter(node.node, _ITEM, node.arg)

    def _built(self, node: nodes.Expr) -> nodes.Expr:
        self.generic_visit(node)
        return _filter(node, _WEIGHED)


def _is_cheap(node: nodes.Compare) -> bool:
    """Whether it costs next to nothing, whatever the payload: a plain constant is equal to, or below, very little at once."""
    values = (node.expr, *(operand.expr for operand in node.ops))
    searching = any(operand.op in ("in", "notin") for operand in node.ops)
    return not searching and sum(not isinstance(value, nodes.Const) for value in values) <= 1


def _filter(node: Any, name: str, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(arguments), [], None, None, lineno=node.lineno)


@pass_context
def _loop(context: Metered, items: Any, turn: int) -> Any:
    return context.budget.items(items, turn) if isinstance(items, Iterable) and not isinstance(items, Undefined) else items


@pass_context
def _weighed(context: Metered, value: Any) -> Any:
    context.budget.weigh(value)
    return value


@pass_context
def _searched(context: Metered, value: Any) -> Any:
    context.budget.weigh(None if isinstance(value, Mapping) else value)
    return value


@pass_context
def _sliced(context: Metered, value: Any) -> Any:
    context.budget.characters(len(value) if isinstance(value, Sized) and not isinstance(value, Undefined) else 0)
    return value


@pass_context
def _item(context: Metered, owner: Any, key: Any) -> Any:
    """`raw[name]`: what is looked up may be the payload's, so it is not told where it is absent."""
    environment = context.environment
    found = environment.getitem(owner, key) if isinstance(key, _KEYS) else environment.undefined()
    if isinstance(found, Undefined) and not isinstance(owner, Undefined):
        return environment.undefined("there is no such key in this payload; where it may be absent, add | default('')")
    return found


METERS = {_LOOP: _loop, _WEIGHED: _weighed, _SEARCHED: _searched, _SLICED: _sliced, _ITEM: _item}
