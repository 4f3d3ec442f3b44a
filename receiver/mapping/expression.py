"""Expressions at work: compiled once, evaluated for every event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from jinja2 import nodes
from jinja2.runtime import Undefined

from connectors.base import Value
from receiver.mapping.budget import LONGEST, Budget
from receiver.mapping.environment import ENVIRONMENT, is_constant, lone, parse
from receiver.mapping.metering import Metered, metered
from receiver.mapping.text import Unusable, described, is_list, sane, text

Evaluate = Callable[[dict[str, Any], Budget], Any]
"""From the names that an expression sees to its value, within a budget. May raise whatever an expression can raise."""

_RESULT = "result"


def evaluator(source: str) -> Evaluate:
    """One `{{ … }}` gives its own value, text around it a text without outer blanks, plain text itself."""
    if is_constant(source):
        return lambda names, budget: source  # noqa: ARG005
    tree = parse(source)
    only = lone(tree)
    return _composed(tree) if only is None else of_node(only)


def of_node(expression: nodes.Expr) -> Evaluate:
    """Evaluate one expression to its own value, as `Environment.compile_expression` does with `undefined_to_none=False`."""
    assign = nodes.Assign(nodes.Name(_RESULT, "store", lineno=1), expression, lineno=1)
    begin = _compiled(nodes.Template([assign], lineno=1))

    def evaluate(names: dict[str, Any], budget: Budget) -> Any:
        context, pieces = begin(names, budget)
        for _ in pieces:
            pass
        return context.vars[_RESULT]

    return evaluate


def _composed(tree: nodes.Template) -> Evaluate:
    begin = _compiled(tree)

    def evaluate(names: dict[str, Any], budget: Budget) -> str:
        pieces, size = [], 0
        for piece in begin(names, budget)[1]:
            pieces.append(piece)
            size += len(piece)
            if size > LONGEST:
                raise Unusable(f"gives more than {LONGEST:,} characters")
        return "".join(pieces).strip()

    return evaluate


def _compiled(tree: nodes.Template) -> Callable[[dict[str, Any], Budget], tuple[Metered, Iterator[str]]]:
    """From names and budget to a context, and to the pieces that running in it gives."""
    changed, parts = metered(tree)
    template = ENVIRONMENT.from_string(changed)
    run, blocks = template.root_render_func, template.blocks

    def begin(names: dict[str, Any], budget: Budget) -> tuple[Metered, Iterator[str]]:
        budget.start(parts)
        context = Metered(ENVIRONMENT, names, None, blocks)
        context.budget = budget
        return context, run(context)

    return begin


def native(result: Any) -> Value | None:
    """An expression's result as a field's value; None where it is nothing and is not sent. Raises Unusable."""
    match result:
        case None:
            return None
        case str():
            return _bounded(str(result))
        case bool() | date():
            return result
        case int():
            return sane(result)
        case Decimal() | float():
            if not isfinite(result):
                raise Unusable("gives no finite number: it is too large, or comes of one that is")
            return Decimal(str(result)) if isinstance(result, float) else sane(result)
        case Undefined():
            return str(result) or None  # raises, unless an `if` without `else` was not met
    raise Unusable(f"gives {described(result)}; a field takes one text, number, date, true or false: {_remedy(result)}")


def choices(result: Any) -> tuple[str, ...]:
    """An expression's result as options of a multiple-choice field."""
    items = result if is_list(result) else (result,)
    written = (_bounded(text(item)) for item in items)
    return tuple(dict.fromkeys(option for option in written if option is not None))


def _bounded(written: str) -> str | None:
    if len(written) > LONGEST:
        raise Unusable(f"gives more than {LONGEST:,} characters")
    return written if written and not written.isspace() else None


def _remedy(result: object) -> str:
    return "join it with | join(', '), or use append = true" if described(result) == "a list" else "name one part of it"
