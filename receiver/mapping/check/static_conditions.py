"""What can be said of a condition beforehand, for one event.

It keeps guarded parts of an expression out of the check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import nodes

from receiver.mapping.check.closed_sets import status_can_be
from receiver.mapping.language.attribute_access import members_of


def static_truth(  # noqa: C901, PLR0911 - a table of cases
    node: nodes.Node, scope: Mapping[str, Any], event: str
) -> bool | None:
    """True or False where that is certain for this event, else None: `order is defined`,
    `event.name == 'order.placed'`.
    """
    match node:
        case nodes.Const(value=value):
            return bool(value)
        case nodes.Not():
            inner = static_truth(node.node, scope, event)
            return None if inner is None else not inner
        case nodes.And():
            if _contradicts(node):
                return False
            return _all(
                static_truth(node.left, scope, event), static_truth(node.right, scope, event)
            )
        case nodes.Or():
            return _any(
                static_truth(node.left, scope, event), static_truth(node.right, scope, event)
            )
        case nodes.Test(name="defined"):
            return _defined(node.node, scope)
        case nodes.Test(name="undefined"):
            defined = _defined(node.node, scope)
            return None if defined is None else not defined
        case nodes.Compare(ops=[operand]) if _is_event_name(node.expr, scope):
            return _compared(event, operand)
        case nodes.Compare(ops=[operand]) if _is_path(node.expr, "order", "status", scope):
            return _status_compared(event, operand)
        case nodes.Getattr() if _is_path(node, "order", "paid", scope) and event != _PAID:
            return False
        case nodes.Call(
            node=nodes.Getattr(node=owner, attr="startswith"), args=[nodes.Const(value=str(head))]
        ):
            return event.startswith(head) if _is_event_name(owner, scope) else None
    return None


def _all(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _any(left: bool | None, right: bool | None) -> bool | None:
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def _defined(node: nodes.Node, scope: Mapping[str, Any]) -> bool | None:
    known = _known_annotation(node, scope)
    return None if known is Any else known is not _NOTHING


_NOTHING = object()

_CONTAINERS = (str, list, tuple, dict)


def _known_annotation(node: nodes.Node, scope: Mapping[str, Any]) -> Any:
    """The annotation of a path, Any where it can't be told, _NOTHING where the event has no such
    path.
    """
    if isinstance(node, nodes.Name):
        return scope.get(node.name, _NOTHING)
    if not isinstance(node, nodes.Getattr):
        return Any
    owner = _known_annotation(node.node, scope)
    if owner is Any or owner is _NOTHING:
        return owner
    behind = members_of(owner)
    return Any if behind is None else behind.get(node.attr, _NOTHING)


_PAID = "order.placed"
"""The one event of orders that are paid."""


def _is_event_name(node: nodes.Node, scope: Mapping[str, Any]) -> bool:
    return _is_path(node, "event", "name", scope)


def _is_path(node: nodes.Node, owner: str, name: str, scope: Mapping[str, Any]) -> bool:
    match node:
        case nodes.Getattr(node=nodes.Name(name=found), attr=attribute):
            return (found, attribute) == (owner, name) and owner in scope
    return False


def _status_compared(event: str, operand: nodes.Operand) -> bool | None:
    """A known status decides which event an order is, so that it is never one of another."""
    try:
        value = operand.expr.as_const()
    except nodes.Impossible:
        return None
    listed = value if operand.op in ("in", "notin") else [value]
    if not isinstance(listed, list | tuple) or any(
        isinstance(one, str) and status_can_be(one, event) for one in listed
    ):
        return None
    return {"eq": False, "in": False, "ne": True, "notin": True}.get(operand.op)


def _contradicts(node: nodes.And) -> bool:
    """Whether one name is to equal two different constants at once."""
    wanted: dict[str, set[object]] = {}
    for part in _parts_of(node):
        match part:
            case nodes.Compare(
                expr=nodes.Getattr(node=nodes.Name(name=owner), attr=name),
                ops=[nodes.Operand(op="eq", expr=nodes.Const(value=value))],
            ):
                wanted.setdefault(f"{owner}.{name}", set()).add(value)
    return any(len(values) > 1 for values in wanted.values())


def _parts_of(node: nodes.Node) -> Iterator[nodes.Node]:
    if isinstance(node, nodes.And):
        yield from _parts_of(node.left)
        yield from _parts_of(node.right)
    else:
        yield node


def _compared(event: str, operand: nodes.Operand) -> bool | None:
    try:
        value = operand.expr.as_const()
    except nodes.Impossible:
        return None
    match operand.op:
        case "eq":
            return bool(event == value)
        case "ne":
            return bool(event != value)
        case "in":
            return event in value if isinstance(value, _CONTAINERS) else None
        case "notin":
            return event not in value if isinstance(value, _CONTAINERS) else None
    return None
