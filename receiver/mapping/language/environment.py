"""Where expressions run: Jinja2's immutable sandbox, strict about names and bounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.runtime import Context, StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS as JINJA_TESTS

from receiver.mapping.language.attribute_access import NOTHING, read_attribute, readable_names
from receiver.mapping.language.filter_functions import LONGEST_PATTERN, replaced
from receiver.mapping.language.filters import FILTERS, counted_filter
from receiver.mapping.language.limits import bounded_list, bounded_text, short_argument
from receiver.mapping.language.scope import ExpressionScope
from receiver.mapping.language.value_text import (
    UnusableValue,
    bounded_number,
    describe_kind,
    value_text,
)


class AbsentValue(StrictUndefined):
    """A name that the payload lacks.

    Using it is a fault; `is defined` and `default` are the ways around.
    """

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return str(self._undefined_hint)
        return (
            f"there is no {self._undefined_name!r} in this payload; where it may be absent, add "
            "| default('')"
        )


class ExpressionEnvironment(ImmutableSandboxedEnvironment):
    """The environment of all expressions: its parser, its filters and tests, its operators."""

    def __init__(self) -> None:
        super().__init__(undefined=AbsentValue, finalize=value_text, cache_size=0)
        self.globals.clear()
        self.filters = dict(FILTERS)
        self.tests = dict(TESTS)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        kind: Any = type(obj)
        return attr in readable_names(kind) and super().is_safe_attribute(obj, attr, value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        found = read_attribute(obj, attribute)
        return self.undefined(obj=obj, name=attribute) if found is NOTHING else found

    def getitem(self, obj: Any, argument: Any) -> Any:
        """What Jinja's filters read for `attribute=`: names that are written out, and indexes."""
        if isinstance(argument, str):
            found = read_attribute(obj, argument)
            return self.undefined(obj=obj, name=argument) if found is NOTHING else found
        if obj is None or isinstance(obj, Undefined):
            return obj
        try:
            return obj[argument]
        except (TypeError, LookupError):
            return self.undefined(obj=obj, name=argument)

    def call(self, context: Context, function: Any, /, *arguments: Any, **named: Any) -> Any:
        assert isinstance(context, ExpressionScope)  # noqa: S101 - for the type checker
        if isinstance(getattr(function, "__self__", None), str):
            return _call_text_method(context, function, *arguments, **named)
        if isinstance(getattr(function, "__self__", None), date):
            for given in (*arguments, *named.values()):
                if isinstance(given, str) and len(given) > LONGEST_PATTERN:
                    raise UnusableValue(
                        f"writes a date by a pattern of more than {LONGEST_PATTERN} characters"
                    )
        return super().call(context, function, *arguments, **named)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, Decimal) and isinstance(right, float):
            right = Decimal(str(right))
        elif isinstance(left, float) and isinstance(right, Decimal):
            left = Decimal(str(left))
        assert isinstance(context, ExpressionScope)  # noqa: S101 - as above
        _bound_operands(context, operator, left, right)
        return super().call_binop(context, operator, left, right)

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})


_SPLITTING = frozenset({"rsplit", "split", "splitlines"})  # each character may become a text


def _call_text_method(scope: ExpressionScope, method: Any, *arguments: Any, **named: Any) -> Any:
    owner: str = method.__self__
    scope.limits.count(owner)
    for given in (*arguments, *named.values()):
        short_argument(given, f"{method.__name__}()")
    if method.__name__ in _SPLITTING:
        scope.limits.spend(len(owner) // 2)
    if method.__name__ == "replace" and all(isinstance(given, str) for given in arguments[:2]):
        return replaced(owner, *arguments, **named)
    return method(*arguments, **named)


_NUMBERS = (int, float, Decimal)


def _bound_operands(scope: ExpressionScope, operator: str, left: Any, right: Any) -> None:
    """Refuse what could take memory or time without end."""
    if operator == "**":
        raise UnusableValue("powers (**) are not offered")
    if operator == "%" and isinstance(left, str):
        raise UnusableValue("formatting with % is not offered; write the text around {{ }}")
    for one, other in ((left, right), (right, left)):
        if isinstance(one, int | Decimal):
            bounded_number(one)
        elif not isinstance(one, float):
            scope.limits.count(one)
            if isinstance(one, str | list | tuple):
                _bound_growth(operator, one, other)


def _bound_growth(operator: str, one: Any, other: Any) -> None:
    if operator == "*" and isinstance(other, int):
        size = len(one) * other
    elif operator == "+" and isinstance(other, str | list | tuple):
        size = len(one) + len(other)
    else:
        return
    (bounded_text if isinstance(one, str) else bounded_list)(size)


_DIVIDING = ("divisibleby", "even", "odd")

_LOOK_AT_KIND = frozenset(
    {
        *(
            "boolean",
            "callable",
            "defined",
            "escaped",
            "false",
            "filter",
            "float",
            "integer",
            "iterable",
        ),
        *("mapping", "none", "number", "sameas", "sequence", "string", "test", "true", "undefined"),
    }
)
"""Tests that only look at what kind of thing a value is; others may look at all that is in it."""


def _test(name: str) -> Callable[..., Any]:
    jinjas: Callable[..., Any] = JINJA_TESTS[name]  # type: ignore[assignment]
    wants_environment = name in ("filter", "test")

    def test(scope: ExpressionScope, value: Any, *arguments: Any) -> Any:
        if name in _DIVIDING:
            _refuse_undividable(value, *arguments)
        elif name not in _LOOK_AT_KIND and not isinstance(value, str):
            scope.limits.count_deep(value)
        return jinjas(scope.environment, value) if wants_environment else jinjas(value, *arguments)

    return test


def _refuse_undividable(*values: Any) -> None:
    """Jinja divides with `%`, which would format a text."""
    for value in values:
        if not isinstance(value, (*_NUMBERS, Undefined)):
            raise UnusableValue(
                f"tests whether {describe_kind(value)} can be divided; that asks for a number"
            )
        if isinstance(value, int | Decimal):
            bounded_number(value)


TESTS: Mapping[str, Callable[..., Any]] = {
    name: counted_filter(_test(name)) for name in JINJA_TESTS
}

ENVIRONMENT = ExpressionEnvironment()

_DEEPEST = 150  # parts inside one another

_MARKUP = re.compile(r"\{[{%#]")


@lru_cache(maxsize=1024)  # a start reads each some five times: to check it, and to compile it
def parse_expression(source: str) -> nodes.Template:
    """The tree of an expression, which nobody changes. Raises jinja2.TemplateSyntaxError, or
    RecursionError.
    """
    try:
        tree = ENVIRONMENT.parse(source.strip()) if _MARKUP.search(source) else nodes.Template([])
    except ValueError:  # Python reads no whole number of more digits than it can write
        raise TemplateSyntaxError("a whole number in it has thousands of digits", 1) from None
    _refuse_depth(tree)
    return tree


def _refuse_depth(tree: nodes.Template) -> None:
    """Raise RecursionError here rather than for an event; a long sum is as deep as it is long."""
    level: list[nodes.Node] = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return
    raise RecursionError


def is_constant(source: str) -> bool:
    """Whether a text is written as it stands."""
    return not _MARKUP.search(source)


def lone_expression(tree: nodes.Template) -> nodes.Expr | None:
    """The expression of a text that is one `{{ … }}` and nothing else: its value keeps its type."""
    match tree.body:
        case [nodes.Output(nodes=[nodes.TemplateData()])]:
            return None
        case [nodes.Output(nodes=[only])]:
            return only
    return None
