"""What kinds of values operators and filters take, told from annotations before any event comes.

The tables say what raises while rendering, or can never be true; a test holds them against the
operators and filters at work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from jinja2 import nodes
from pydantic import BaseModel

from receiver.mapping.language.attribute_access import bare_type

Kind = Literal["number", "text", "moment", "day", "list", "table", "thing"]
"""A moment is a date with its time, a thing has parts, such as a whole course."""

_KINDS: Final[tuple[tuple[type, Kind], ...]] = (
    (str, "text"),
    (int, "number"),
    (float, "number"),
    (Decimal, "number"),
    (datetime, "moment"),
    (date, "day"),
    (list, "list"),
    (tuple, "list"),
    (Mapping, "table"),
    (BaseModel, "thing"),
)
"""The first that fits counts."""

_WORDS: Final[Mapping[Kind, str]] = {
    "number": "a number",
    "text": "a text",
    "moment": "a date and time",
    "day": "a day",
    "list": "a list",
    "table": "a table",
    "thing": "a whole thing",
}

_COMPOSED: Final = frozenset({"list", "table", "thing"})
_PLAIN: Final = frozenset({"number", "text", "moment", "day"})
_DATES: Final = frozenset({"moment", "day"})

TAKEN: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(
        (
            *("capitalize", "lower", "replace", "slug", "string", "striptags", "title", "trim"),
            *("truncate", "upper"),
        ),
        _PLAIN,
    ),
    **dict.fromkeys(
        (
            *("count", "first", "join", "last", "length", "list", "map", "max", "min", "reject"),
            *("rejectattr", "reverse", "select", "selectattr", "sort", "unique"),
        ),
        frozenset({"list", "table", "text"}),
    ),
    "abs": frozenset({"number"}),
    "date": _DATES | {"text"},
    "money": frozenset({"number", "text"}),
    "plus": _DATES | {"text"},
    "round": frozenset({"number"}),
    "sum": frozenset({"list"}),
}
"""The kinds that each filter takes; one that is not named takes any."""

ITEMS_TAKEN: Final[Mapping[str, frozenset[str]]] = {
    "join": _PLAIN,
    "max": _PLAIN | {"list"},
    "min": _PLAIN | {"list"},
    "sort": _PLAIN | {"list"},
    "sum": frozenset({"number"}),
}
"""The kinds that a filter takes of the items, or of the attribute of each that is named."""

COMPARING_TESTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("==", "eq", "equalto"), "eq"),
    **dict.fromkeys(("!=", "ne"), "ne"),
    **dict.fromkeys((">", "gt", "greaterthan"), "gt"),
    **dict.fromkeys((">=", "ge"), "gteq"),
    **dict.fromkeys(("<", "lt", "lessthan"), "lt"),
    **dict.fromkeys(("<=", "le"), "lteq"),
    "in": "in",
}
"""The operator that each test compares by."""

DIVIDING: Final = frozenset({"divisibleby", "even", "odd"})
"""Tests that take numbers alone."""

Fault = tuple[str, str]
"""What is wrong, and what would be right."""


class Operand(NamedTuple):
    """An expression, how it is written, and its annotation."""

    node: nodes.Node
    written: str
    annotation: Any

    @property
    def kind(self) -> Kind | None:
        return kind_of(self.annotation)

    @property
    def in_words(self) -> str:
        """`order.total, a number,`"""
        return f"{self.written}, {describe_annotation(self.annotation)}"


def kind_of(annotation: Any) -> Kind | None:
    """None where it is not known, or may be one of several."""
    plain = bare_type(annotation)
    if not isinstance(plain, type):
        return None
    return next((kind for known, kind in _KINDS if issubclass(plain, known)), None)


def describe_annotation(annotation: Any) -> str:
    """`a number`, `true or false`, `a whole course`."""
    plain, kind = bare_type(annotation), kind_of(annotation)
    if plain is bool:
        return "true or false"
    if kind == "thing":
        return f"a whole {plain.__name__.lower()}"
    return _WORDS[kind] if kind else "a value"


def compare_kinds(op: str, left: Operand, right: Operand) -> Fault | None:
    """A comparison that always fails, or always comes out the same."""
    if None in (left.kind, right.kind):
        return None
    if op in ("in", "notin"):
        return _search(left, right)
    if left.kind == right.kind and (op in ("eq", "ne") or left.kind not in ("table", "thing")):
        return None
    if op in ("eq", "ne"):
        message = f"{left.in_words}, {'never' if op == 'eq' else 'always'}"
        differ = "equals" if op == "eq" else "differs from"
        return f"{message} {differ} {right.in_words}", _alike(left, right)
    return f"compares {left.in_words}, with {right.in_words}, which fails", _alike(left, right)


def calculate_kinds(op: str, left: Operand, right: Operand) -> tuple[Any, Fault | None]:
    """The annotation of what a calculation gives, and what is wrong with it."""
    kinds = (left.kind, right.kind)
    if None in kinds:
        return Any, None
    if kinds == ("number", "number"):
        return Decimal, None
    if op == "+" and left.kind == right.kind and left.kind in ("text", "list"):
        return left.annotation, None
    if op == "*" and "number" in kinds and ({"text", "list"} & set(kinds)):
        return Any, None
    message = f"calculates {left.written} {op} {right.written}: {_both(left, right)}"
    return Any, (message, _calculated_remedy(op, left, right))


def text_fault(part: Operand) -> Fault | None:
    """A part of a text that cannot stand in one."""
    if part.kind not in _COMPOSED:
        return None
    remedy = (
        "join it with | join(', ')" if part.kind == "list" else f"name one part of {part.written}"
    )
    return f"puts {part.in_words}, into a text", remedy


def filter_kinds(name: str, value: Operand, item: Any) -> Fault | None:
    """A filter of what it cannot take; `item` is the annotation of what it takes of each item."""
    if value.kind is not None and value.kind not in TAKEN.get(name, {value.kind}):
        if name in ("abs", "round") and value.kind == "text":
            remedy = f"make a number of it: {value.written} | float | {name}"
        elif value.kind == "list":
            remedy = f"of each item: {value.written} | map('{name}')"
        else:
            remedy = f"| {name} takes {_list_kinds(TAKEN[name])}"
        return f"| {name} is given {value.in_words}", remedy
    kind = kind_of(item)
    if value.kind == "list" and kind is not None and kind not in ITEMS_TAKEN.get(name, {kind}):
        message = f"| {name} is given a list of which each item is {describe_annotation(item)}"
        remedy = (
            f"name a part of each: | {name}(attribute='…')"
            if kind == "thing"
            else f"| {name} takes {_list_kinds(ITEMS_TAKEN[name])}"
        )
        return message, remedy
    return None


def _search(left: Operand, right: Operand) -> Fault | None:
    if right.kind == "text" and left.kind != "text":
        return f"looks for {left.in_words}, in {right.in_words}, which fails", _alike(left, right)
    if right.kind in ("number", "moment", "day"):
        message = f"looks for {left.written} in {right.in_words}, which has no items"
        return message, "compare with =="
    if isinstance(right.node, nodes.List | nodes.Tuple):
        items = [type(one.value) for one in right.node.items if isinstance(one, nodes.Const)]
        kinds = {kind_of(one) for one in items}
        if items and len(items) == len(right.node.items) and left.kind not in {*kinds, None}:
            first = right.node.items[0]
            other = Operand(first, f"{getattr(first, 'value', '')!r}", items[0])
            return f"{left.in_words}, is never one of these", _alike(left, other)
    return None


def _both(left: Operand, right: Operand) -> str:
    one, other = describe_annotation(left.annotation), describe_annotation(right.annotation)
    return f"both are {one}" if one == other else f"{one} and {other}"


def _alike(left: Operand, right: Operand) -> str:
    """What makes the two sides of a comparison alike."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one.node, nodes.Const) and (said := _constant_as(one.node.value, other)):
            return said
    kinds = {left.kind, right.kind}
    if kinds == set(_DATES):
        moment = left if left.kind == "moment" else right
        return f"make a day of it: {moment.written} | date"
    if kinds == {"number", "text"}:
        text = left if left.kind == "text" else right
        return f"make a number of it: {text.written} | float"
    if kinds & _COMPOSED:
        return "name one part of it, or count with | length"
    return "compare what is of one kind"


def _constant_as(value: object, other: Operand) -> str | None:
    if value == "" and other.kind != "text":
        return f"where it is absent: {other.written} is none"
    if bare_type(other.annotation) is bool:
        return f"write {other.written} alone, or not {other.written}"
    if other.kind == "number" and isinstance(value, str) and _is_number(value):
        return f"write the number without quotes: {value.strip()}"
    if other.kind == "text" and isinstance(value, int | float | Decimal):
        return f"write it in quotes: '{value}'; or make a number of it: {other.written} | float"
    if other.kind in _DATES and isinstance(value, str):
        return f"compare it as a text: ({other.written} | date('%Y-%m-%d')) and a text like it"
    return None


def _calculated_remedy(op: str, left: Operand, right: Operand) -> str:
    for one, other in ((left, right), (right, left)):
        if one.kind in _DATES and other.kind == "number":
            given = other.node
            days = given.value if isinstance(given, nodes.Const) else "…"
            sign = "-" if op == "-" else ""
            return f"use plus: {one.written} | plus(days={sign}{days})"
    if left.kind in _DATES and right.kind in _DATES:
        return "dates can be compared; a later one is made with | plus(days=30)"
    if op == "+" and "text" in (left.kind, right.kind):
        return f"put texts together with ~: {left.written} ~ {right.written}"
    for one in (left, right):
        if one.kind == "text":
            return f"make a number of it: {one.written} | float"
    return "calculate with numbers"


def _is_number(text: str) -> bool:
    try:
        return Decimal(text.strip()).is_finite()
    except ArithmeticError:
        return False


def _list_kinds(kinds: frozenset[str]) -> str:
    words: Sequence[str] = [word for kind, word in _WORDS.items() if kind in kinds]
    return " or ".join(words)
