"""What operators and filters take is told before any event comes, as it is at work."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from receiver.aom.normal_form import Named
from receiver.mapping.check.expression_analysis import ExpressionAnalysis
from receiver.mapping.language.environment import ENVIRONMENT, lone_expression, parse_expression
from receiver.mapping.language.expression import compile_expression
from receiver.mapping.language.filters import FILTERS
from receiver.mapping.language.limits import EventLimits
from receiver.mapping.language.scope import ExpressionScope
from tests.mapping.sample_routes import field_fault

VALUES: dict[str, tuple[Any, Any]] = {
    "number": (Decimal, Decimal("5.50")),
    "count": (int, 3),
    "yes": (bool, True),
    "text": (str, "a text"),
    "moment": (datetime | None, datetime(2026, 5, 1, 9, tzinfo=UTC)),
    "day": (date, date(2026, 5, 1)),
    "numbers": (list[Decimal], [Decimal(1), Decimal(2)]),
    "texts": (list[str], ["b", "a"]),
    "things": (list[Named], [Named(name="a"), Named(name="b")]),
    "thing": (Named, Named(name="a")),
}
"""Of each kind an annotation, and a value of it."""

ARGUMENTS = {"plus": "(days=1)", "replace": "('a', 'b')", "map": "(attribute='name')"}


def works(expression: str) -> bool:
    """Whether it gives something that stands in a text or a list."""
    scope = ExpressionScope(
        ENVIRONMENT, {name: value for name, (_, value) in VALUES.items()}, EventLimits()
    )
    try:
        found = compile_expression(f"{{{{ {expression} }}}}")(scope)
        if hasattr(found, "__next__"):
            list(found)
    except Exception:  # noqa: BLE001 - whatever is raised fails the delivery
        return False
    return True


def faults(expression: str) -> dict[str, str]:
    """What the check tells of it."""
    analysis = ExpressionAnalysis("order.placed")
    only = lone_expression(parse_expression(f"{{{{ {expression} }}}}"))
    assert only is not None
    analysis.expression(only, {name: kind for name, (kind, _) in VALUES.items()})
    return analysis.broken


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_filters_take_what_the_check_says(name: str) -> None:
    """What it lets through works, and what it tells of fails, for each kind of value."""
    for kind in VALUES:
        expression = f"{kind} | {name}{ARGUMENTS.get(name, '')}"
        if name in ("selectattr", "rejectattr"):
            expression += "('name')"
        told, right = faults(expression), works(expression)
        if told:
            assert not right or kind == "thing", (expression, told)
        elif not (right or kind == "text"):
            # an attribute that is not there is told where it is named; `true` is no amount
            assert name in ("map", "selectattr", "rejectattr") or kind == "yes", expression


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "+", "-", "*", "/", "//", "%", "in", "~"])
def test_operators_take_what_the_check_says(sign: str) -> None:
    """Each of each two kinds: told beforehand is what fails, and nothing else."""
    for left, right in product(VALUES, VALUES):
        expression = f"{left} {sign} {right}"
        told = faults(expression)
        if sign == "-" and {left, right} <= {"moment", "day"}:
            assert told, expression  # a span of time, which no field takes
        elif sign == "*" and not works(expression):
            continue  # how often a text is repeated is not known beforehand
        elif not (left != right and {left, right} <= {"numbers", "texts", "things"}):
            assert bool(told) is not works(expression), expression


@pytest.mark.parametrize("sign", ["==", "!="])
def test_what_can_never_be_equal_is_told(sign: str) -> None:
    """Values of two kinds; those of one kind may be."""
    kinds = dict.fromkeys(("number", "count", "yes"), "number")
    kinds |= dict.fromkeys(("numbers", "texts", "things"), "list")
    for left, right in product(VALUES, VALUES):
        alike = kinds.get(left, left) == kinds.get(right, right)
        assert bool(faults(f"{left} {sign} {right}")) is not alike, (left, right)


@pytest.mark.parametrize(
    ("expression", "message", "remedy"),
    [
        (
            "{{ order.total > '100' }}",
            "compares order.total, a number, with '100', a text, which fails",
            "write the number without quotes: 100",
        ),
        (
            "{{ order.total == '100' }}",
            "order.total, a number, never equals '100', a text",
            "write the number without quotes: 100",
        ),
        (
            "{{ order.id == 7301 }}",
            "order.id, a text, never equals 7301, a number",
            "write it in quotes: '7301'",
        ),
        ("{{ order.id in [7301, 7302] }}", "order.id, a text, is never one of these", "write it"),
        ("{{ order.id > 5 }}", "compares order.id, a text, with 5", "write it in quotes: '5'; or"),
        ("{{ order.total != '' }}", "order.total, a number, always differs", "where it is absent"),
        ("{{ order.paid == 'yes' }}", "order.paid, true or false, never", "write order.paid alone"),
        (
            "{{ order.date_created + 30 }}",
            "calculates order.date_created + 30: a date and time and a number",
            "use plus: order.date_created | plus(days=30)",
        ),
        (
            "{{ order.date_created - 7 }}",
            "calculates",
            "use plus: order.date_created | plus(days=-7",
        ),
        ("{{ event.received_at - order.date_created }}", "calculates", "dates can be compared"),
        (
            "{{ order.date_created > '2026-01-01' }}",
            "compares order.date_created, a date and time",
            "compare it as a text",
        ),
        (
            "{{ order.date_created > event.received_at | date }}",
            "compares order.date_created, a date and time, with (event.received_at | date), a day",
            "make a day of it: order.date_created | date",
        ),
        (
            "{{ 'Order ' + order.total }}",
            "calculates 'Order ' + order.total: a text and a number",
            "put texts together with ~: 'Order ' ~ order.total",
        ),
        ("{{ order.id * order.total / 2 }}", "", ""),
        ("Items: {{ order.line_items }}", "puts order.line_items, a list, into a text", "join it"),
        (
            "{{ 'For ' ~ customer }}",
            "puts customer, a whole customer, into a text",
            "name one part",
        ),
        ("{{ order.status | round }}", "| round is given order.status, a text", "make a number"),
        ("{{ order.line_items | upper }}", "| upper is given order.line_items, a list", "of each"),
        ("{{ order.total | join }}", "| join is given order.total, a number", "| join takes"),
        (
            "{{ order.line_items | sum }}",
            "| sum is given a list of which each item is a whole lineitem",
            "name a part of each: | sum(attribute='…')",
        ),
        ("{{ order.line_items | sum(attribute='name') }}", "| sum is given a list", "| sum takes"),
        ("{{ -order.id }}", "calculates with order.id, a text", "a sign stands before a number"),
        ("{{ order.id is even }}", "tests whether order.id, a text, can be divided", "it takes"),
        ("{{ order.total is gt('5') }}", "compares order.total, a number, with '5'", "write the"),
        ("{{ 5 in order.id }}", "looks for 5, a number, in order.id, a text", "write it in quotes"),
        ("{{ '5' in order.total }}", "looks for '5' in order.total, a number,", "compare with =="),
    ],
)
def test_the_words_name_both_sides_and_what_would_be_right(
    tmp_path: Path, expression: str, message: str, remedy: str
) -> None:
    """As an operator reads them."""
    fault = field_fault(tmp_path, f'"{expression}"')
    assert (fault is None) is (message == "")
    if fault is not None:
        assert fault.message.startswith(message)
        assert fault.remedy.startswith(remedy)
