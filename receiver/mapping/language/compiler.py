"""From the tree of an expression, as Jinja parses it, to a function.

Each part becomes a closure over the closures of its parts, so `{{ person.first_name }}` is a
look-up and an attribute. It means what Jinja makes of it in `ENVIRONMENT` (a test holds the two
against each other), but for `a ~ b`, which writes absent and typed values as a text around them
would.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.runtime import Undefined

from receiver.mapping.language.attribute_access import NOTHING, read_attribute
from receiver.mapping.language.environment import ENVIRONMENT, TESTS
from receiver.mapping.language.filters import FILTERS
from receiver.mapping.language.limits import LONGEST, bounded_read, bounded_text
from receiver.mapping.language.scope import ExpressionScope
from receiver.mapping.language.value_text import value_text

Evaluate = Callable[[ExpressionScope], Any]
"""From what an expression sees to its value. May raise whatever an expression can raise."""


def compile_node(node: Any) -> Evaluate:
    """The function of one part. Raises TemplateSyntaxError for what is not part of the language."""
    compile_it = _COMPILERS.get(type(node))
    if compile_it is None:
        raise TemplateSyntaxError(
            f"{type(node).__name__.lower()} is not part of the language", node.lineno
        )
    return compile_it(node)


def compile_constant(value: Any) -> Evaluate:
    """The function of what is the same for every event."""
    return lambda scope: value  # noqa: ARG005


def join_texts(parts: list[Evaluate]) -> Evaluate:
    """The texts of several parts, one after the other."""

    def evaluate(scope: ExpressionScope) -> str:
        whole = "".join(
            [found if type(found := part(scope)) is str else value_text(found) for part in parts]
        )
        if len(whole) > LONGEST:
            bounded_text(len(whole))
        return whole

    return evaluate


# --- names and what stands behind their dots


def _name(node: nodes.Name) -> Evaluate:
    name = node.name

    def evaluate(scope: ExpressionScope) -> Any:
        names = scope.parent
        return names[name] if name in names else ENVIRONMENT.undefined(name=name)

    return evaluate


def _getattr(node: nodes.Getattr) -> Evaluate:
    return _attribute(node.node, node.attr)


def _attribute(owner: nodes.Expr, name: str) -> Evaluate:
    find = compile_node(owner)

    def evaluate(scope: ExpressionScope) -> Any:
        of = find(scope)
        found = read_attribute(of, name)
        return ENVIRONMENT.undefined(obj=of, name=name) if found is NOTHING else found

    if not isinstance(owner, nodes.Name):
        return evaluate
    base = owner.name

    def evaluate_path(scope: ExpressionScope) -> Any:
        """The same with one call less, for most of all expressions are such a path."""
        names = scope.parent
        if base in names and (found := read_attribute(names[base], name)) is not NOTHING:
            return found
        return evaluate(scope)

    return evaluate_path


def _getitem(node: nodes.Getitem) -> Evaluate:
    if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        return _attribute(node.node, node.arg.value)
    owner = compile_node(node.node)
    argument = compile_node(node.arg)
    if isinstance(node.arg, nodes.Slice):
        return lambda scope: owner(scope)[argument(scope)]
    return lambda scope: _item(owner(scope), argument(scope))


def _item(owner: Any, argument: Any) -> Any:
    """`raw[name]`: what is looked up may be the payload's, so it is not told where it is absent."""
    if owner is None or isinstance(owner, Undefined):
        return owner
    try:
        found = (
            read_attribute(owner, argument)
            if isinstance(argument, str)
            else bounded_read(owner[argument])
        )
    except (TypeError, LookupError):
        found = NOTHING
    if found is not NOTHING:
        return found
    return ENVIRONMENT.undefined(
        "there is no such key in this payload; where it may be absent, add | default('')"
    )


def _slice(node: nodes.Slice) -> Evaluate:
    parts = [compile_node(part or nodes.Const(None)) for part in (node.start, node.stop, node.step)]
    return lambda scope: slice(*[part(scope) for part in parts])


# --- filters, tests, methods


def _filter(node: nodes.Filter) -> Evaluate:
    return _applied(FILTERS, node)


def _test(node: nodes.Test) -> Evaluate:
    return _applied(TESTS, node)


def _applied(known: Mapping[str, Callable[..., Any]], node: nodes.Filter | nodes.Test) -> Evaluate:
    function = known.get(node.name)
    if function is None or node.node is None:
        raise TemplateSyntaxError(f"there is no {node.name!r}", node.lineno)
    value = compile_node(node.node)
    if not node.args and not node.kwargs:
        return lambda scope: function(scope, value(scope))
    arguments, named = _arguments(node)
    if not node.kwargs:
        return lambda scope: function(scope, value(scope), *arguments(scope))
    return lambda scope: function(scope, value(scope), *arguments(scope), **named(scope))


def _call(node: nodes.Call) -> Evaluate:
    function = compile_node(node.node)
    arguments, named = _arguments(node)
    return lambda scope: ENVIRONMENT.call(scope, function(scope), *arguments(scope), **named(scope))


def _arguments(node: nodes.Filter | nodes.Test | nodes.Call) -> tuple[Evaluate, Evaluate]:
    """What gives the arguments in order, and what gives those with a name."""
    return _sequence(node.args, tuple), _compile_keywords(node.kwargs)


def _sequence(parts: list[nodes.Expr], kind: type) -> Evaluate:
    if all(isinstance(part, nodes.Const) for part in parts) and kind is tuple:
        return compile_constant(
            tuple(part.value for part in parts if isinstance(part, nodes.Const))
        )
    functions = [compile_node(part) for part in parts]
    return lambda scope: kind([function(scope) for function in functions])


def _compile_keywords(keywords: list[Any]) -> Evaluate:
    entries = [(keyword.key, compile_node(keyword.value)) for keyword in keywords]
    return lambda scope: {name: value(scope) for name, value in entries}


# --- operators


def _and(node: nodes.And) -> Evaluate:
    left, right = compile_node(node.left), compile_node(node.right)
    return lambda scope: left(scope) and right(scope)


def _or(node: nodes.Or) -> Evaluate:
    left, right = compile_node(node.left), compile_node(node.right)
    return lambda scope: left(scope) or right(scope)


def _not(node: nodes.Not) -> Evaluate:
    inner = compile_node(node.node)
    return lambda scope: not inner(scope)


def _inline_if(node: nodes.CondExpr) -> Evaluate:
    test, then = compile_node(node.test), compile_node(node.expr1)
    otherwise = compile_constant(Undefined()) if node.expr2 is None else compile_node(node.expr2)
    return lambda scope: then(scope) if test(scope) else otherwise(scope)


def _sign(function: Callable[[Any], Any]) -> Callable[[nodes.UnaryExpr], Evaluate]:
    def compile_it(node: nodes.UnaryExpr) -> Evaluate:
        inner = compile_node(node.node)
        return lambda scope: function(inner(scope))

    return compile_it


def _calculation(node: nodes.BinExpr) -> Evaluate:
    left, right, sign = compile_node(node.left), compile_node(node.right), node.operator
    return lambda scope: ENVIRONMENT.call_binop(scope, sign, left(scope), right(scope))


_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
    "in": lambda one, other: one in other,
    "notin": lambda one, other: one not in other,
}


def _compare(node: nodes.Compare) -> Evaluate:
    first = compile_node(node.expr)
    rest = [(_COMPARISONS[operand.op], compile_node(operand.expr)) for operand in node.ops]

    def evaluate(scope: ExpressionScope) -> Any:
        left, result = first(scope), True
        for compare, operand in rest:
            right = operand(scope)
            if isinstance(right, str | list | tuple):
                scope.limits.count_deep(right)
            result = compare(left, right)
            if not result:
                break
            left = right
        return result

    return evaluate


def _concat(node: nodes.Concat) -> Evaluate:
    return join_texts([compile_node(part) for part in node.nodes])


def _dict(node: nodes.Dict) -> Evaluate:
    pairs = [(compile_node(pair.key), compile_node(pair.value)) for pair in node.items]
    return lambda scope: {key(scope): value(scope) for key, value in pairs}


_COMPILERS: Mapping[type[nodes.Node], Callable[[Any], Evaluate]] = {
    nodes.Name: _name,
    nodes.Getattr: _getattr,
    nodes.Getitem: _getitem,
    nodes.Slice: _slice,
    nodes.Const: lambda node: compile_constant(node.value),
    nodes.TemplateData: lambda node: compile_constant(node.data),
    nodes.List: lambda node: _sequence(node.items, list),
    nodes.Tuple: lambda node: _sequence(node.items, tuple),
    nodes.Dict: _dict,
    nodes.Filter: _filter,
    nodes.Test: _test,
    nodes.Call: _call,
    nodes.And: _and,
    nodes.Or: _or,
    nodes.Not: _not,
    nodes.CondExpr: _inline_if,
    nodes.Neg: _sign(operator.neg),
    nodes.Pos: _sign(operator.pos),
    nodes.Compare: _compare,
    nodes.Concat: _concat,
    **dict.fromkeys((nodes.Add, nodes.Sub, nodes.Mul, nodes.Div), _calculation),
    **dict.fromkeys((nodes.FloorDiv, nodes.Mod, nodes.Pow), _calculation),
}
