"""What each filter, test and method costs, and what keeps them from making more than is paid for.

Every one of them is asked here first, by a function that is named after what it does to its value: it spends, and gives back
the value, or the same items paid for as they come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from decimal import Decimal
from functools import wraps
from typing import Any, cast
from unicodedata import normalize

from jinja2.filters import make_multi_attrgetter
from jinja2.runtime import Undefined
from jinja2.tests import TESTS
from jinja2.utils import _PassArg, pass_context

from receiver.mapping.budget import LONGEST
from receiver.mapping.filters import FILTERS
from receiver.mapping.metering import Metered
from receiver.mapping.methods import pattern, replacing
from receiver.mapping.pipes import ATTRIBUTE_AT
from receiver.mapping.text import Unusable, described, sane

Arguments = Sequence[Any]
Named = Mapping[str, Any]
_CALL = 2  # steps, whatever is called

Cost = Callable[[Metered, Any, Arguments, Named], Any]
"""Spends for what is about to be done to the value, and gives back the value to do it to."""


def priced(function: Callable[..., Any], cost: Cost) -> Callable[..., Any]:
    """A filter or test that pays first. As it takes the context, Jinja does not try it out while it compiles."""
    asks = _PassArg.from_obj(function)

    @wraps(function)
    @pass_context
    def paying(context: Metered, value: Any, *arguments: Any, **named: Any) -> Any:
        context.budget.spend(_CALL)
        context.budget.weigh(*arguments, *named.values())
        value = cost(context, value, arguments, named)
        if asks is None:
            return function(value, *arguments, **named)
        return function(_asked(asks, context), value, *arguments, **named)

    paying.jinja_pass_arg = _PassArg.context  # type: ignore[attr-defined]
    return paying


def _asked(asks: _PassArg, context: Metered) -> Any:
    return {_PassArg.context: context, _PassArg.environment: context.environment, _PassArg.eval_context: context.eval_ctx}[asks]


# --- values that are looked through once


def plain(context: Metered, value: Any, arguments: Arguments, named: Named) -> Any:  # noqa: ARG001
    """Next to nothing, whatever the value."""
    context.budget.spend(1)
    return value


def deep(context: Metered, value: Any, arguments: Arguments, named: Named) -> Any:  # noqa: ARG001
    """The whole value, as deep as it goes."""
    context.budget.weigh(value)
    return value


def letters(context: Metered, value: Any, arguments: Arguments, named: Named) -> Any:
    """A text, in a loop of Python's own over its characters."""
    context.budget.spend(len(value) if isinstance(value, str) else 1)
    return characters(context, value, arguments, named)


def slugged(context: Metered, value: Any, arguments: Arguments, named: Named) -> Any:
    """A text that becomes up to eighteen times as long before it becomes shorter."""
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise Unusable(f"| slug takes at most {LONGEST:,} characters")
        context.budget.spend(len(normalize("NFKD", value)))
    return characters(context, value, arguments, named)


def characters(context: Metered, value: Any, arguments: Arguments, named: Named) -> Any:
    """A text, at the speed of C; once more for each of the texts that are given with it, which may be stripped or put in."""
    longest = max((len(given) for given in (*arguments, *named.values()) if isinstance(given, str)), default=0)
    length = len(value) if isinstance(value, str) else 1
    context.budget.characters(length * (1 + longest // 50))
    return value


def number(context: Metered, value: Any, arguments: Arguments, named: Named) -> Any:  # noqa: ARG001
    """A number, or a text to read as one."""
    context.budget.weigh(value)
    if isinstance(value, int):
        return sane(value)
    return sane(value) if isinstance(value, Decimal) else value


def divided(context: Metered, value: Any, arguments: Arguments, named: Named) -> Any:
    """What Jinja asks with `%`, which would format a text."""
    if not isinstance(value, int | float | Decimal | Undefined):
        raise Unusable(f"tests whether {described(value)} can be divided; that asks for a number")
    return number(context, value, arguments, named)


def replaced(context: Metered, value: Any, arguments: Arguments, named: Named) -> Any:
    """A text that may grow with each find."""
    if isinstance(value, str):
        replacing(context.budget, value, *(_given(name, at, arguments, named) for at, name in enumerate(("old", "new", "count"))))
    return value


def dated(context: Metered, value: Any, arguments: Arguments, named: Named) -> Any:
    """A day, or a text."""
    pattern(context.budget, *arguments, *named.values())
    return deep(context, value, arguments, named)


# --- lists


def each(context: Metered, value: Any, arguments: Arguments, named: Named) -> Any:
    """Every item once, and what is named of it: a path costs by its length."""
    if not isinstance(value, Iterable) or isinstance(value, Undefined):
        return value
    return context.budget.items(value, 1 + sum(len(given) // 4 for given in (*arguments, *named.values()) if isinstance(given, str)))


def compared(name: str, *, sorting: bool = False) -> Cost:
    """Every item, and its comparison with some others."""
    at = ATTRIBUTE_AT[name]

    def cost(context: Metered, value: Any, arguments: Arguments, named: Named) -> Any:
        value = each(context, value, arguments, named)
        if not isinstance(value, Iterable) or isinstance(value, Undefined):
            return value
        items = list(value)
        get = make_multi_attrgetter(context.environment, _given("attribute", at, arguments, named))
        for item in items:
            context.budget.weigh(*get(item), times=len(items).bit_length() if sorting else 1)
        return items

    return cost


def counted(context: Metered, value: Any, arguments: Arguments, named: Named) -> Any:
    """The items of what does not know how many it has."""
    return plain(context, value, arguments, named) if isinstance(value, Sized) else each(context, value, arguments, named)


def _given(name: str, at: int, arguments: Arguments, named: Named) -> Any:
    return named.get(name, arguments[at] if at < len(arguments) else None)


_FILTERS: Mapping[str, Cost] = {
    **dict.fromkeys(("d", "default"), plain),
    **dict.fromkeys(("capitalize", "lower", "string", "trim", "truncate", "upper"), characters),
    **dict.fromkeys(("striptags", "title"), letters),
    **dict.fromkeys(("abs", "float", "int", "money", "round"), number),
    **dict.fromkeys(("count", "first", "length"), counted),
    **dict.fromkeys(("join", "last", "list", "map", "reject", "rejectattr", "reverse", "select", "selectattr", "sum"), each),
    **{name: compared(name) for name in ("max", "min", "unique")},
    "date": dated,
    "replace": replaced,
    "slug": slugged,
    "sort": compared("sort", sorting=True),
}

_TESTS: Mapping[str, Cost] = {
    **dict.fromkeys(("boolean", "defined", "false", "float", "integer", "none", "number", "string", "true", "undefined"), plain),
    **dict.fromkeys(("divisibleby", "even", "odd"), divided),
}

PRICED_FILTERS = {name: priced(function, _FILTERS[name]) for name, function in FILTERS.items()}
PRICED_TESTS = {name: priced(cast("Callable[..., Any]", function), _TESTS.get(name, deep)) for name, function in TESTS.items()}
