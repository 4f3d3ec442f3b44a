"""What an expression names, held against what one event has, before any event comes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import nodes
from jinja2.tests import TESTS

from receiver.config_errors import suggest_name
from receiver.mapping.check.closed_sets import KnownValues
from receiver.mapping.check.filter_arguments import wrong_arguments
from receiver.mapping.check.raw_keys import StoredKeys, find_slip
from receiver.mapping.check.static_conditions import static_truth
from receiver.mapping.check.value_kinds import (
    COMPARING_TESTS,
    DIVIDING,
    Operand,
    calculate_kinds,
    compare_kinds,
    filter_kinds,
    text_fault,
)
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
    those that it has; `broken` what is wrong whatever the event, `doubtful` what probably is.
    """

    event: str
    missing: dict[str, str] = field(default_factory=dict)
    guarded: dict[str, str] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    broken: dict[str, str] = field(default_factory=dict)
    doubtful: dict[str, str] = field(default_factory=dict)
    sources: Collection[str] = ()
    stored: StoredKeys = field(default_factory=dict)

    def tree(self, tree: nodes.Template, scope: Scope) -> Any:
        """The annotation of what a text with expressions in it gives."""
        for output in tree.find_all(nodes.Output):
            for part in output.nodes:
                self._text_part(part, scope)
        return str

    def _text_part(self, node: nodes.Node, scope: Scope) -> None:
        self._note(text_fault(self._operand(node, scope)))

    def _operand(self, node: nodes.Node, scope: Scope) -> Operand:
        return Operand(node, _path(node), self.expression(node, scope))

    def _note(self, fault: tuple[str, str] | None) -> None:
        if fault is not None:
            self.broken[fault[0]] = fault[1]

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

    def _call(self, node: nodes.Call, scope: Scope) -> Any:
        """A method; `raw.get('name')` reads a key as `raw.name` does."""
        match node:
            case nodes.Call(
                node=nodes.Getattr(node=owner, attr="get"), args=[nodes.Const(value=str(key)), *_]
            ):
                self._behind(owner, key, scope)
        for child in node.iter_child_nodes():
            self._child(child, scope)
        return Any

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
            if (
                path.startswith("raw.")
                and (slip := find_slip(self.event, path, self.stored)) is not None
            ):
                self.doubtful[slip[0]] = slip[1]
            return Any
        if name in known:
            self.found.add(path)
            return known[name]
        self.missing[path] = suggest_name(name, known, f"{owner} has")
        return Any

    def _guarded_expression(self, node: nodes.Node, scope: Scope) -> Any:
        """An expression that may be absent: a path that is missing from it is only guarded."""
        if not isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            return self.expression(node, scope)
        inner = ExpressionAnalysis(
            self.event,
            found=self.found,
            broken=self.broken,
            doubtful=self.doubtful,
            stored=self.stored,
        )
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
        arguments = self._arguments(node, scope)
        look = (
            self._guarded_expression if node.name in ("defined", "undefined") else self.expression
        )
        value = Operand(node.node, _path(node.node), look(node.node, scope))
        if node.name in DIVIDING and value.kind not in (None, "number"):
            self._note((f"tests whether {value.in_words}, can be divided", "it takes a number"))
        if arguments and (op := COMPARING_TESTS.get(node.name)) is not None:
            other = node.args[0]
            self._compared(op, value, Operand(other, _path(other), arguments[0]))
        return bool

    def _compare(self, node: nodes.Compare, scope: Scope) -> Any:
        left = self._operand(node.expr, scope)
        for operand in node.ops:
            right = self._operand(operand.expr, scope)
            self._compared(operand.op, left, right)
            left = right
        return bool

    def _compared(self, op: str, left: Operand, right: Operand) -> None:
        self._note(compare_kinds(op, left, right))
        known = KnownValues(self.event, self.sources)
        for one, other in ((left, right), (right, left)):
            values = known.of(one.node) if one.kind == "text" else None
            if values is None:
                continue
            for text in _compared_texts(other.node) if op in ("eq", "ne", "in", "notin") else ():
                if (fault := values.fault_of(text, exact=True)) is not None:
                    self._note(fault)

    def _calculated(self, node: nodes.BinExpr, scope: Scope) -> Any:
        left, right = self._operand(node.left, scope), self._operand(node.right, scope)
        annotation, fault = calculate_kinds(node.operator, left, right)
        self._note(fault)
        return annotation

    _add = _sub = _mul = _div = _floordiv = _mod = _calculated

    def _signed(self, node: nodes.UnaryExpr, scope: Scope) -> Any:
        value = self._operand(node.node, scope)
        if value.kind not in (None, "number"):
            self._note((f"calculates with {value.in_words}", "a sign stands before a number"))
        return value.annotation

    _neg = _pos = _signed

    def _concat(self, node: nodes.Concat, scope: Scope) -> Any:
        for part in node.nodes:
            self._text_part(part, scope)
        return str

    def _list(self, node: nodes.List | nodes.Tuple, scope: Scope) -> Any:
        found = _either(self.expression(item, scope) for item in node.items)
        return list[found]  # type: ignore[valid-type]

    _tuple = _list

    def _filter(self, node: nodes.Filter, scope: Scope) -> Any:
        if node.name not in FILTERS:
            self.broken[f"there is no filter {node.name!r}"] = suggest_name(
                node.name, sorted(FILTERS), "filters"
            )
        arguments = self._arguments(node, scope)
        if node.node is None:
            return str
        look = self._guarded_expression if node.name in ("d", "default") else self.expression
        inside = look(node.node, scope)
        item = self._attribute_of(node, inside)
        self._named_callables(node)
        self._note(wrong_arguments(node))
        self._note(filter_kinds(node.name, Operand(node.node, _path(node.node), inside), item))
        if node.name in ("d", "default"):
            return _either((inside, arguments[0] if arguments else str))
        return result_of(node, inside, item)

    def _attribute_of(self, node: nodes.Filter, inside: Any) -> Any:
        """The annotation of what a filter takes of each item: the item, or the attribute that is
        named.
        """
        item = element_of(inside)
        given = attribute_of(node)
        if given is None:
            return item
        if not isinstance(given, nodes.Const) or not isinstance(given.value, str):
            return Any
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


_RESULTS: Mapping[type[nodes.Node], Any] = {nodes.Not: bool}


def _compared_texts(node: nodes.Node) -> Iterator[str]:
    """The texts that a side of a comparison is written as: one, or a list of them."""
    match node:
        case nodes.Const(value=str(text)):
            yield text
        case nodes.List(items=items) | nodes.Tuple(items=items):
            for item in items:
                yield from _compared_texts(item)


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
        case nodes.Const(value=value):
            return repr(value)
    return "(…)"
