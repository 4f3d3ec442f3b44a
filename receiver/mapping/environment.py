"""Where expressions run: Jinja2's immutable sandbox, strict about names, easy about what is absent, and bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from receiver.mapping.filters import FILTERS
from receiver.mapping.members import readable
from receiver.mapping.text import Unusable, text

LONGEST = 100_000  # characters that an expression may give; HubSpot's longest text has 65,536
_DIGITS = 1_000


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
        self.filters = dict(FILTERS)

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

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, Decimal) and isinstance(right, float):
            right = Decimal(str(right))
        elif isinstance(left, float) and isinstance(right, Decimal):
            left = Decimal(str(left))
        _bound(operator, left, right)
        return super().call_binop(context, operator, left, right)


def _bound(operator: str, left: Any, right: Any) -> None:
    """Refuse what could take memory or time without end."""
    if operator == "**":
        raise SecurityError("powers (**) are not offered")
    if operator == "%" and isinstance(left, str):
        raise SecurityError("formatting with % is not offered; write the text around {{ }}")
    if operator == "*":
        for one, other in ((left, right), (right, left)):
            if hasattr(one, "__len__") and isinstance(other, int) and len(one) * other > LONGEST:
                raise Unusable(f"gives more than {LONGEST:,} characters")
            if isinstance(one, int) and one.bit_length() > _DIGITS:
                raise Unusable("counts with numbers that are too large")


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
    tree = ENVIRONMENT.parse(source.strip()) if _MARKUP.search(source) else nodes.Template([])
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
