"""Expressions at work: compiled once, evaluated for every event."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from jinja2 import nodes
from jinja2.runtime import Undefined

from connectors.base import JsonText, Value
from receiver.mapping.language.compiler import Evaluate, compile_constant, compile_node, join_texts
from receiver.mapping.language.environment import is_constant, lone_expression, parse_expression
from receiver.mapping.language.limits import LONGEST, bounded_text
from receiver.mapping.language.scope import ExpressionScope
from receiver.mapping.language.value_text import (
    UnusableValue,
    bounded_number,
    describe_kind,
    is_list,
    value_text,
)


def compile_expression(source: str) -> Evaluate:
    """One `{{ … }}` gives its own value, with text around it a text, plain text itself."""
    if is_constant(source):
        return compile_constant(source)
    tree = parse_expression(source)
    only = lone_expression(tree)
    if only is not None:
        return compile_node(only)
    written = join_texts(
        [compile_node(part) for output in tree.find_all(nodes.Output) for part in output.nodes]
    )
    return lambda scope: written(scope).strip()


_PLAIN: Final = 300  # digits of a number that certainly may be sent


def native_value(result: Any) -> Value | None:  # noqa: PLR0911 - a table of cases
    """An expression's result as a field's value; None where it is not sent.

    Raises UnusableValue.
    """
    kind = type(result)
    if kind is str:  # most are
        return (
            result
            if result and len(result) < LONGEST and not result.isspace()
            else _bounded(result)
        )
    if kind is datetime or (
        kind is Decimal and result.is_finite() and -_PLAIN < result.adjusted() < _PLAIN
    ):
        return result  # type: ignore[no-any-return]
    match result:
        case None:
            return None
        case str():
            return _bounded(result if isinstance(result, JsonText) else str(result))
        case bool() | date():
            return result
        case int():
            return bounded_number(result)
        case Decimal() | float():
            if not isfinite(result):
                raise UnusableValue(
                    "gives no finite number: it is too large, or comes of one that is"
                )
            return Decimal(str(result)) if isinstance(result, float) else bounded_number(result)
        case Undefined():
            return str(result) or None  # raises, unless an `if` without `else` was not met
    raise UnusableValue(
        f"gives {describe_kind(result)}; a field takes one text, number, date, true or "
        f"false: {_remedy(result)}"
    )


def choice_options(scope: ExpressionScope, result: Any) -> tuple[str, ...]:
    """An expression's result as options of a multiple-choice field."""
    items = scope.limits.as_they_come(result) if is_list(result) else (result,)
    written = (_bounded(value_text(item).strip()) for item in items)
    return tuple(dict.fromkeys(option for option in written if option is not None))


def _bounded(written: str) -> str | None:
    if len(written) > LONGEST:
        bounded_text(len(written))
    return written if written and not written.isspace() else None


def _remedy(result: object) -> str:
    return (
        "join it with | join(', '), or use append = true"
        if describe_kind(result) == "a list"
        else "name one part of it"
    )
