"""Where expressions run: Jinja2's immutable sandbox, strict about names, easy about what is absent, and bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.runtime import Context, StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from receiver.mapping.budget import LONGEST, Budget
from receiver.mapping.costs import PRICED_FILTERS, PRICED_TESTS
from receiver.mapping.members import readable
from receiver.mapping.metering import METERS, Metered
from receiver.mapping.methods import pay
from receiver.mapping.text import Unusable, text

_DIGITS = 1_000  # binary ones of a whole number to multiply
_ITEMS_A_STEP = 4  # of a list that is copied


class Absent(StrictUndefined):
    """A name that the payload does not have. Using it is a fault; `is defined` and `default` are the ways around."""

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return str(self._undefined_hint)
        return f"there is no {self._undefined_name!r} in this payload; where it may be absent, add | default('')"


class Expressions(ImmutableSandboxedEnvironment):
    """The environment of all expressions. What is None has only None inside, so `order.customer.city` needs no `if`."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self) -> None:
        super().__init__(undefined=Absent, finalize=text, cache_size=0)
        self.globals.clear()
        self.filters = PRICED_FILTERS | METERS
        self.tests = dict(PRICED_TESTS)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return readable(obj, attr) and super().is_safe_attribute(obj, attr, value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if obj is None or isinstance(obj, Undefined):
            return obj
        if isinstance(obj, Mapping) and attribute in obj:  # a key of the payload, even if it is called `items`
            return obj[attribute]
        if readable(obj, attribute):
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if obj is None or isinstance(obj, Undefined):
            return obj
        try:
            return obj[argument]
        except (TypeError, LookupError):
            return self.getattr(obj, argument) if isinstance(argument, str) else self.undefined(obj=obj, name=argument)

    def call(self, context: Metered, function: Any, /, *arguments: Any, **named: Any) -> Any:  # type: ignore[override]
        pay(context.budget, function, arguments, {name: value for name, value in named.items() if name not in _INNER})
        return super().call(context, function, *arguments, **named)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, Decimal) and isinstance(right, float):
            right = Decimal(str(right))
        elif isinstance(left, float) and isinstance(right, Decimal):
            left = Decimal(str(left))
        assert isinstance(context, Metered)  # noqa: S101 - for the type checker: expressions have no other
        _bound(context.budget, operator, left, right)
        return super().call_binop(context, operator, left, right)


_INNER = frozenset({"_block_vars", "_loop_vars"})  # Jinja hands these on with every call


def _bound(budget: Budget, operator: str, left: Any, right: Any) -> None:
    """Pay for what is made, and refuse what could take memory or time without end."""
    if operator == "**":
        raise Unusable("powers (**) are not offered")
    if operator == "%" and isinstance(left, str):
        raise Unusable("formatting with % is not offered; write the text around {{ }}")
    if operator == "*":
        for one, other in ((left, right), (right, left)):
            if hasattr(one, "__len__") and isinstance(other, int):
                if len(one) * other > LONGEST:
                    raise Unusable(f"gives more than {LONGEST:,} characters")
                budget.spend(len(one) * max(other, 0) // _ITEMS_A_STEP)
            if isinstance(one, int) and one.bit_length() > _DIGITS:
                raise Unusable("counts with numbers that are too large")
    elif not isinstance(left, _NUMBERS):
        _pay_for_both(budget, left, right)


_NUMBERS = (int, float, Decimal)


def _pay_for_both(budget: Budget, left: Any, right: Any) -> None:
    for one in (left, right):
        if isinstance(one, str):
            budget.characters(len(one))
        elif isinstance(one, list | tuple):
            budget.spend(len(one) // _ITEMS_A_STEP)
        else:  # the keys of a dict can be subtracted
            budget.weigh(one)


class _Joined(NodeTransformer):
    """Turns `a ~ b` into a join, which writes absent and typed values as the rest does."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 - Jinja's name for it
        self.generic_visit(node)
        items = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(items, "join", [], [], None, None, lineno=node.lineno)


ENVIRONMENT = Expressions()

_MARKUP = re.compile(r"\{[{%#]")


def parse(source: str) -> nodes.Template:
    """The tree of an expression, with nothing rendered yet. Raises jinja2.TemplateSyntaxError."""
    try:
        tree = ENVIRONMENT.parse(source.strip()) if _MARKUP.search(source) else nodes.Template([])
    except ValueError:  # Python reads no whole number of more digits than it can write
        raise TemplateSyntaxError("a whole number in it has thousands of digits", 1) from None
    joined = _Joined().visit(tree)
    assert isinstance(joined, nodes.Template)  # noqa: S101 - for the type checker: the root is never replaced
    return joined


def is_constant(source: str) -> bool:
    """Whether a text is written as it stands."""
    return not _MARKUP.search(source)


def lone(tree: nodes.Template) -> nodes.Expr | None:
    """The expression of a text that is one `{{ … }}` and nothing else: its value keeps its type."""
    match tree.body:
        case [nodes.Output(nodes=[nodes.TemplateData()])]:
            return None
        case [nodes.Output(nodes=[only])]:
            return only
    return None
