"""What can be said of a condition beforehand, for one event.

It keeps guarded parts of an expression out of the check.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import nodes

from receiver.mapping.language.attribute_access import members_of


# a table of cases
def static_truth(node: nodes.Node, scope: Mapping[str, Any], event: str) -> bool | None:  # noqa: PLR0911
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
    known = _known(node, scope)
    return None if known is Any else known is not _NOTHING


_NOTHING = object()

_CONTAINERS = (str, list, tuple, dict)


def _known(node: nodes.Node, scope: Mapping[str, Any]) -> Any:
    """The annotation of a path, Any where it can't be told, _NOTHING where the event has no such
    path.
    """
    if isinstance(node, nodes.Name):
        return scope.get(node.name, _NOTHING)
    if not isinstance(node, nodes.Getattr):
        return Any
    owner = _known(node.node, scope)
    if owner is Any or owner is _NOTHING:
        return owner
    behind = members_of(owner)
    return Any if behind is None else behind.get(node.attr, _NOTHING)


def _is_event_name(node: nodes.Node, scope: Mapping[str, Any]) -> bool:
    match node:
        case nodes.Getattr(node=nodes.Name(name="event"), attr="name"):
            return "event" in scope
    return False


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
