"""What a field gets from an expression."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Append, Value
from tests.mapping.sample_routes import value


@pytest.mark.parametrize(
    ("expression", "gives"),
    [
        ('"{{ order.total }}"', Decimal(220)),
        ('" {{ order.total }} "', Decimal(220)),
        (
            '"{{ order.date_created }}"',
            datetime(2020, 8, 11, 19, 45, tzinfo=ZoneInfo("America/New_York")),
        ),
        ('"{{ order.total > 100 }}"', True),
        ('"{{ order.line_items | length }}"', 2),
        ('"{{ order.total * 1.19 }}"', Decimal("261.80")),
        ('"{{ 1 / 4 }}"', Decimal("0.25")),
        ('"{{ order.id }}"', "19"),
        ('"Order {{ order.id }}"', "Order 19"),
        ('"{{ order.total }} {{ order.currency }}"', "220 USD"),
        ('"{{ order.date_created }} {{ order.total > 1 }}"', "2020-08-11T19:45:00-04:00 true"),
        ("\"{{ 'paid ' ~ order.total ~ none }}\"", "paid 220"),
        ("\"{{ 'big' if order.total > 500 else 'small' }}\"", "small"),
        ("\"{{ '{%' }} is no statement{# and this is a remark #}\"", "{% is no statement"),
        ("\"{{ raw['status'] }}\"", "COMPLETED"),
        ('"{{ raw.customer.billing_address.city }}"', "New York"),
        ('"{{ order.line_items[0].name }}"', "Product"),
        ("\"{{ person.email.split('@')[1] }}\"", "app.com"),
        ('"plain text"', "plain text"),
        ('" as it is "', " as it is "),
        ('""', ""),
        ("5", 5),
        ("1.50", Decimal("1.50")),
        ("true", True),
        ("2026-05-01", date(2026, 5, 1)),
        ("2026-05-01T09:00:00Z", datetime(2026, 5, 1, 9, tzinfo=UTC)),
    ],
)
def test_a_value_keeps_its_type_and_text_becomes_text(
    tmp_path: Path, expression: str, gives: Value
) -> None:
    """A lone expression gives its own value, text around it a text, and what has no expression
    stands as it is.
    """
    found = value(tmp_path, expression)
    assert found == gives
    assert type(found) is type(gives)


@pytest.mark.parametrize(
    "expression",
    [
        '"{{ none }}"',
        "\"{{ '' }}\"",
        '"{{ order.transaction_ref }}"',
        '"{{ order.transaction_ref.whatever }}"'.replace(".whatever", ""),
        '"{{ order.id if order.total > 500 }}"',
        '"{{ order.transaction_ref }} {{ none }}"',
        "\"{{ raw.absent | default('') }}\"",
        '"{{ raw.transaction_ref.inside.it }}"',
        "\"{{ order.coupons | map(attribute='code') | join(', ') }}\"",
        '"{{ order.coupons | first }}"',
    ],
)
def test_what_comes_to_nothing_is_not_sent(tmp_path: Path, expression: str) -> None:
    """It never blanks a field."""
    assert value(tmp_path, expression) is None


def test_what_is_absent_has_only_absent_things_inside(tmp_path: Path) -> None:
    """An order without an address needs no `if`."""
    body = b'{"id": 5, "status": "COMPLETED", "customer": {"email": "a@x.test"}, "line_items": []}'
    assert value(tmp_path, '"{{ customer.billing_address.city | upper }}"', body=body) is None
    assert value(tmp_path, '"From {{ customer.billing_address.city }}."', body=body) == "From ."


@pytest.mark.parametrize(
    ("table", "gives"),
    [
        ('{ value = "{{ order.status }}", map = { COMPLETED = "won", FAILED = "lost" } }', "won"),
        ('{ value = "{{ order.status }}", map = { completed = "won" } }', "won"),
        (
            '{ value = "{{ order.status }}", map = { completed = "folded", COMPLETED = "exact" } }',
            "exact",
        ),
        ('{ value = "{{ order.total > 5 }}", map = { true = 1, false = 0 } }', 1),
        ('{ value = "{{ order.total }}", map = { 220 = "" } }', ""),
        ('{ value = "{{ order.status }}", map = { FAILED = "lost" }, default = "open" }', "open"),
        ('{ value = "{{ order.status }}", map = { FAILED = "lost" } }', None),
        (
            (
                '{ value = "{{ order.status }}", map = { FAILED = "lost" }, default = "{{ '
                'order.id }}" }'
            ),
            "19",
        ),
        ('{ value = "{{ order.transaction_ref }}", default = "none given" }', "none given"),
        ('{ value = "{{ order.transaction_ref }}", default = "" }', ""),
        (
            '{ value = "{{ order.transaction_ref }}", map = { x = "y" }, default = "{{ none }}" }',
            None,
        ),
        (
            "{ value = \"{{ order.line_items | map(attribute='name') }}\", append = true }",
            Append(("Product", "Prod 2")),
        ),
        ('{ value = "{{ order.status }}", append = true }', Append(("COMPLETED",))),
        ('{ value = "{{ order.transaction_ref }}", append = true }', None),
        ('{ value = "{{ order.transaction_ref }}", append = true, default = "x" }', Append(("x",))),
        (
            (
                "{ value = \"{{ order.line_items | map(attribute='name') }}\", append = true, "
                'map = { product = "P" } }'
            ),
            Append(("P",)),
        ),
    ],
)
def test_a_table_looks_up_falls_back_and_appends(
    tmp_path: Path, table: str, gives: Value | None
) -> None:
    """A map is asked exactly, then without case; what it lacks is nothing, which the default
    replaces, else nothing is sent.
    """
    found = value(tmp_path, table)
    assert found == gives
    assert type(found) is type(gives)
