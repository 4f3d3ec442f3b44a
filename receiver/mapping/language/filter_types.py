"""What filters take and give, for the check beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from jinja2 import nodes

ATTRIBUTE_AT: Mapping[str, int] = {
    "join": 1,
    "max": 1,
    "min": 1,
    "rejectattr": 0,
    "selectattr": 0,
    "sort": 2,
    "sum": 0,
    "unique": 1,
}
"""Which argument names an attribute of the items, where it is not given as `attribute=`."""

NAMED_AT: Mapping[str, tuple[str, int]] = {
    "map": ("filter", 0),
    "reject": ("test", 0),
    "rejectattr": ("test", 1),
    "select": ("test", 0),
    "selectattr": ("test", 1),
}
"""Which argument names a filter or a test to apply to each item."""

NAMING = frozenset(NAMED_AT)
"""Filters that apply others."""


def attribute_of(node: nodes.Filter) -> nodes.Expr | None:
    """What is given as the attribute to take of each item, None where the items themselves are
    taken.
    """
    given = next((keyword.value for keyword in node.kwargs if keyword.key == "attribute"), None)
    at = ATTRIBUTE_AT.get(node.name)
    return node.args[at] if given is None and at is not None and at < len(node.args) else given


_GIVES: Mapping[str, Any] = {
    "capitalize": str,
    "count": int,
    "float": Decimal,
    "int": int,
    "join": str,
    "json": str,
    "length": int,
    "lower": str,
    "money": Decimal,
    "replace": str,
    "slug": str,
    "string": str,
    "striptags": str,
    "sum": Decimal,
    "title": str,
    "trim": str,
    "truncate": str,
    "upper": str,
}

_SAME = frozenset(
    {
        "abs",
        "list",
        "plus",
        "reject",
        "rejectattr",
        "reverse",
        "round",
        "select",
        "selectattr",
        "sort",
        "unique",
    }
)
_ITEM = frozenset({"first", "last", "max", "min"})


def result_of(node: nodes.Filter, inside: Any, item: Any) -> Any:
    """The annotation of a filter's result, from those of its input and of what it takes of each
    item.
    """
    if node.name in _GIVES:
        return _GIVES[node.name]
    if node.name in _SAME:
        return inside
    if node.name in _ITEM:
        return item
    if node.name == "date":
        return str if node.args or node.kwargs else date
    if node.name == "map":
        return list[item] if not node.args else list[_mapped(node)]  # type: ignore[misc]
    return Any


def _mapped(node: nodes.Filter) -> Any:
    named = node.args[0]
    return _GIVES.get(named.value, Any) if isinstance(named, nodes.Const) else Any
