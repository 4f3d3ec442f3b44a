"""What an expression names, held against what one event has, before any event comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import nodes
from jinja2.tests import TESTS

from receiver.config_errors import suggest_name
from receiver.mapping.check.static_conditions import static_truth
from receiver.mapping.language.attribute_access import element_of, members_of
from receiver.mapping.language.filter_types import NAMED_AT, attribute_of, result_of
from receiver.mapping.language.filters import FILTERS

Scope = dict[str, Any]
"""The names that stand at a place, with their annotations."""


@dataclass
class ExpressionAnalysis:
    """Walks one expression for one event, and collects what it finds.

    `missing` holds paths that the event does not have, each with the remedy; `guarded` those that
    are asked for with `is defined` or `default`, which is right if another event has them; `found`
    those that it has; `broken` what is wrong whatever the event.
    """

    event: str
    missing: dict[str, str] = field(default_factory=dict)
    guarded: dict[str, str] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    broken: dict[str, str] = field(default_factory=dict)

    def tree(self, tree: nodes.Template, scope: Scope) -> Any:
        """The annotation of what a text with expressions in it gives."""
        for output in tree.find_all(nodes.Output):
            for part in output.nodes:
                self.expression(part, scope)
        return str

    def expression(self, node: nodes.Node, scope: Scope) -> Any:
        """The annotation of what one expression gives; Any where nothing is known."""
        visit: Callable[[Any, Scope], Any] | None = getattr(
            self, f"_{type(node).__name__.lower()}", None
        )
        if visit is not None:
            return visit(node, scope)
        for child in node.iter_child_nodes():
            self._child(child, scope)
        return _RESULTS.get(type(node), Any)

    def _child(self, node: nodes.Node, scope: Scope) -> None:
        if isinstance(node, nodes.Expr):
            self.expression(node, scope)
        else:  # an Operand, a Pair, a Keyword
            for child in node.iter_child_nodes():
                self._child(child, scope)

    # --- names and what stands behind their dots

    def _name(self, node: nodes.Name, scope: Scope) -> Any:
        return self._member(node.name, node.name, scope, self.event)

    def _getattr(self, node: nodes.Getattr, scope: Scope) -> Any:
        return self._behind(node.node, node.attr, scope)

    def _getitem(self, node: nodes.Getitem, scope: Scope) -> Any:
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return self._behind(node.node, node.arg.value, scope)
        self._child(node.arg, scope)
        inside = self.expression(node.node, scope)
        return inside if isinstance(node.arg, nodes.Slice) else element_of(inside)

    def _behind(self, node: nodes.Node, attribute: str, scope: Scope) -> Any:
        owner = self.expression(node, scope)
        return self.attribute(owner, attribute, _path(node))

    def attribute(self, owner: Any, attribute: str, path: str) -> Any:
        """The annotation behind a dotted path, as filters take it too:
        `attribute='course.name'`.
        """
        for name in attribute.split("."):
            if name.isdigit():
                owner, path = element_of(owner), f"{path}[{name}]"
                continue
            owner, path = (
                self._member(name, f"{path}.{name}", members_of(owner), path),
                f"{path}.{name}",
            )
        return owner

    def _member(self, name: str, path: str, known: Mapping[str, Any] | None, owner: str) -> Any:
        if known is None:
            return Any
        if name in known:
            self.found.add(path)
            return known[name]
        self.missing[path] = suggest_name(name, known, f"{owner} has")
        return Any

    def _asked(self, node: nodes.Node, scope: Scope) -> Any:
        """An expression that may be absent: a path that is missing from it is only guarded."""
        if not isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            return self.expression(node, scope)
        inner = ExpressionAnalysis(self.event, found=self.found, broken=self.broken)
        annotation = inner.expression(node, scope)
        self.guarded |= inner.missing | inner.guarded
        return annotation

    # --- what may keep a part from being reached

    def _condexpr(self, node: nodes.CondExpr, scope: Scope) -> Any:
        self.expression(node.test, scope)
        holds = static_truth(node.test, scope, self.event)
        parts = [] if holds is False else [node.expr1]
        if holds is not True and node.expr2 is not None:
            parts.append(node.expr2)
        return _either(self.expression(part, scope) for part in parts)

    def _and(self, node: nodes.And, scope: Scope) -> Any:
        return self._short(node, scope, stops=False)

    def _or(self, node: nodes.Or, scope: Scope) -> Any:
        return self._short(node, scope, stops=True)

    def _short(self, node: nodes.And | nodes.Or, scope: Scope, *, stops: bool) -> Any:
        left = self.expression(node.left, scope)
        if static_truth(node.left, scope, self.event) is stops:
            return left
        return _either((left, self.expression(node.right, scope)))

    # --- values

    def _const(self, node: nodes.Const, scope: Scope) -> Any:  # noqa: ARG002
        return type(node.value)

    def _test(self, node: nodes.Test, scope: Scope) -> Any:
        if node.name not in TESTS:
            self.broken[f"there is no test {node.name!r}"] = suggest_name(node.name, TESTS, "tests")
        self._arguments(node, scope)
        look = self._asked if node.name in ("defined", "undefined") else self.expression
        look(node.node, scope)
        return bool

    def _filter(self, node: nodes.Filter, scope: Scope) -> Any:
        if node.name not in FILTERS:
            self.broken[f"there is no filter {node.name!r}"] = suggest_name(
                node.name, sorted(FILTERS), "filters"
            )
        arguments = self._arguments(node, scope)
        if node.node is None:
            return str
        look = self._asked if node.name in ("d", "default") else self.expression
        inside = look(node.node, scope)
        item = self._attribute_of(node, inside)
        self._named_callables(node)
        if node.name in ("d", "default"):
            return _either((inside, arguments[0] if arguments else str))
        return result_of(node, inside, item)

    def _attribute_of(self, node: nodes.Filter, inside: Any) -> Any:
        """The annotation of what a filter takes of each item: the item, or the attribute that is
        named.
        """
        item = element_of(inside)
        given = attribute_of(node)
        if not isinstance(given, nodes.Const) or not isinstance(given.value, str):
            return item
        path = f"{_path(node.node)}[]" if node.node is not None else ""
        taken = [self.attribute(item, name, path) for name in given.value.split(",")]
        return taken[0]

    def _named_callables(self, node: nodes.Filter) -> None:
        """Filters and tests that are named in quotes: `map('upper')`, `select('defined')`,
        `selectattr('x', 'eq', 1)`.
        """
        what, at = NAMED_AT.get(node.name, ("", len(node.args)))
        named = node.args[at] if at < len(node.args) else None
        known = FILTERS if what == "filter" else TESTS
        if (
            isinstance(named, nodes.Const)
            and isinstance(named.value, str)
            and named.value not in known
        ):
            self.broken[f"there is no {what} {named.value!r}"] = suggest_name(
                named.value, sorted(known), f"{what}s"
            )

    def _arguments(self, node: nodes.Filter | nodes.Test, scope: Scope) -> list[Any]:
        for extra in (*node.kwargs, node.dyn_args, node.dyn_kwargs):
            if extra is not None:
                self._child(extra, scope)
        return [self.expression(argument, scope) for argument in node.args]


_RESULTS: Mapping[type[nodes.Node], Any] = {nodes.Compare: bool, nodes.Not: bool, nodes.Concat: str}


def _either(annotations: Iterable[Any]) -> Any:
    """The annotation of what is one or the other; what may be None is what it is otherwise."""
    known = [annotation for annotation in annotations if annotation is not type(None)]
    return known[0] if known and all(one == known[0] for one in known) else Any


def _path(node: nodes.Node | None) -> str:
    """How a person would write the path, as far as it is one."""
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return f"{_path(node.node)}.{node.attr}"
        case nodes.Getitem(arg=nodes.Const(value=value)):
            return (
                f"{_path(node.node)}[{value}]"
                if isinstance(value, int)
                else f"{_path(node.node)}.{value}"
            )
        case nodes.Filter():
            return f"({_path(node.node)} | {node.name})"
    return "(…)"
