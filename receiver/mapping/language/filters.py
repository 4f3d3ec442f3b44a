"""The filters that an expression may use: Jinja's that suit a mapping, and `date`, `json`, `money`,
`plus`, `slug`.

Whatever is absent stays absent: a filter gives nothing for nothing, where Jinja would write "None"
or raise. Each counts what it goes through (`limits`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from jinja2.filters import FILTERS as JINJA
from jinja2.runtime import Undefined
from jinja2.utils import pass_context

from receiver.mapping.language import filter_functions as own
from receiver.mapping.language.json_text import as_json
from receiver.mapping.language.limits import short_argument
from receiver.mapping.language.scope import ExpressionScope
from receiver.mapping.language.value_text import value_text

Filter = Callable[..., Any]
"""Takes the scope, the value, and what is written in brackets."""


_PASSED: Mapping[str, str] = {
    **dict.fromkeys(("map", "reject", "rejectattr", "select", "selectattr"), "context"),
    **dict.fromkeys(("max", "min", "sort", "truncate", "unique"), "environment"),
}
"""What Jinja's own filters want before the value."""


def _jinjas(name: str, taken: Callable[[Any], Any], *, nothing: Any = None) -> Filter:
    """Jinja's filter, given what `taken` makes of the value.

    For nothing it is given `nothing`, or not asked if that is None.
    """
    jinjas, passed = JINJA[name], _PASSED.get(name)

    @wraps(jinjas)
    def calm(scope: ExpressionScope, value: Any, *arguments: Any, **named: Any) -> Any:
        value = nothing if value is None else value
        if value is None or isinstance(value, Undefined):
            return value
        for given in (*arguments, *named.values()) if name in _TEXTS else ():
            short_argument(given, f"| {name}")
        if nothing is not None and isinstance(value, str):
            scope.limits.spend(len(value))  # each character is an item
        elif name in _COMPARING:
            scope.limits.count_deep(value)
        first = () if passed is None else (scope if passed == "context" else scope.environment,)
        result = jinjas(*first, taken(value), *arguments, **named)
        return None if isinstance(result, Undefined) else result  # the largest of no items

    return calm


def _own(function: Callable[..., Any]) -> Filter:
    """A filter of ours that needs no scope."""

    @wraps(function)
    def unscoped(_scope: ExpressionScope, value: Any, *arguments: Any, **named: Any) -> Any:
        return function(value, *arguments, **named)

    return unscoped


def counted_filter(function: Filter) -> Filter:
    """A filter or test that counts what it goes through."""

    @pass_context
    @wraps(function)
    def counting(scope: ExpressionScope, value: Any, *arguments: Any, **named: Any) -> Any:
        limits = scope.limits
        value = limits.counted(value)
        for given in arguments:
            limits.count_deep(given)
        for given in named.values():
            limits.count_deep(given)
        return function(scope, value, *arguments, **named)

    return counting


_TEXTS = ("capitalize", "lower", "title", "trim", "truncate", "upper")
_LISTS = (
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "reverse",
    "select",
    "selectattr",
    "sort",
    "unique",
)
_COMPARING = frozenset({"max", "min", "sort", "unique"})
_NUMBERS = ("abs", "float", "int")
_OWN: Mapping[str, Callable[..., Any]] = {
    "count": own.length,
    "d": own.default,
    "date": own.as_date,
    "default": own.default,
    "first": own.first,
    "json": as_json,
    "last": own.last,
    "length": own.length,
    "list": own.listed,
    "money": own.as_money,
    "plus": own.plus,
    "replace": own.replace,
    "round": own.rounded,
    "slug": own.as_slug,
    "string": value_text,
    "striptags": own.striptags,
}

FILTERS: Mapping[str, Filter] = {
    name: counted_filter(function)
    for name, function in {
        **{name: _jinjas(name, value_text) for name in _TEXTS},
        **{name: _jinjas(name, own.same, nothing=()) for name in _LISTS},
        **{name: _jinjas(name, own.sane_number) for name in _NUMBERS},
        **{name: _own(function) for name, function in _OWN.items()},
        "join": own.join,
        "sum": own.total,
    }.items()
}
