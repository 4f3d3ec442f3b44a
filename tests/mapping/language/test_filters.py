"""Filters: ours, and what Jinja's do with what is absent."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.base import JsonText, Value
from receiver.mapping import MappingFault
from receiver.mapping.language.filters import FILTERS
from tests.mapping.sample_routes import value

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"


PRODUCTS = JsonText('["Product", "Prod 2"]', ["Product", "Prod 2"])
FIRST_ITEM = JsonText(
    '{"product_id": "1", "name": "Product", "quantity": "1", "price": "110.00", "total": "110.00"}',
    {},
)


@pytest.mark.parametrize(
    ("expression", "gives"),
    [
        ("{{ order.date_created | date }}", date(2020, 8, 11)),
        ("{{ order.date_created | date('%d.%m.%Y') }}", "11.08.2020"),
        ("{{ '2026-05-01' | date }}", date(2026, 5, 1)),
        ("{{ order.total | money }}", Decimal("220.00")),
        ("{{ order.total / 7 }}", Decimal(220) / 7),
        ("{{ (order.total / 7) | money(order.currency) }}", Decimal("31.43")),
        ("{{ '1.5' | money('JPY') }}", Decimal(2)),
        ("{{ order.total | money }} {{ order.currency }}", "220.00 USD"),
        ("{{ '  Año Nuevo!! 2026_x ' | slug }}", "ano-nuevo-2026-x"),
        ("{{ 'Straße' | slug }}", "strasse"),
        ("{{ 'Žluťoučký kůň 課程' | slug }}", "zlutoucky-kun-課程"),
        ("{{ raw.absent | default('x') }}", "x"),
        ("{{ order.transaction_ref | default('x') }}", "x"),
        ("{{ '' | default('x') }}", "x"),
        ("{{ 0 | default('x') }}", 0),
        ("{{ order.line_items | sum(attribute='total') }}", Decimal("220.00")),
        (
            "{{ order.line_items | map(attribute='name') | map('upper') | join('; ') }}",
            "PRODUCT; PROD 2",
        ),
        ("{{ (order.line_items | first).name }}", "Product"),
        ("{{ (order.line_items | last).name }}", "Prod 2"),
        ("{{ order.line_items | selectattr('price', 'gt', 500) | list | length }}", 0),
        ("{{ ['a', none, 'b'] | join('-') }}", "a-b"),
        ("{{ '<p>Hi</p>' | striptags }}", "Hi"),
        (f"{{{{ 'Hi&#{'9' * 5000};' | striptags }}}}", "Hi\ufffd;"),
        ("{{ order.total | string }}", "220"),
        ("{{ order.line_items | map(attribute='name') | json }}", PRODUCTS),
        ("{{ order.line_items | first | json }}", FIRST_ITEM),
    ],
)
def test_a_filter_gives(tmp_path: Path, expression: str, gives: Value) -> None:
    """Dates, money, slugs and lists."""
    found = value(tmp_path, f'"{expression}"')
    assert found == gives
    assert type(found) is type(gives)


@pytest.mark.parametrize(
    "name",
    sorted(
        set(FILTERS)
        - {
            "count",
            "length",
            "sum",
            "join",
            "list",
            "map",
            "reverse",
            "unique",
            "replace",
            "string",
        }
    ),
)
def test_nothing_stays_nothing(tmp_path: Path, name: str) -> None:
    """No filter makes "None" of what is absent, or fails on it."""
    arguments = {"select": "", "reject": "", "selectattr": "('x')", "rejectattr": "('x')"}.get(
        name, "(days=1)" if name == "plus" else ""
    )
    end = " | join" if "x" in arguments or name in ("select", "reject", "sort") else ""
    absent = "raw.get('absent')"
    assert value(tmp_path, f'"{{{{ {absent} | {name}{arguments}{end} }}}}"') is None


@pytest.mark.parametrize(
    "expression", ["{{ order.id | date }}", "{{ raw.id | date }}", "{{ order.status | money }}"]
)
def test_a_value_that_does_not_fit_a_filter_is_a_fault(tmp_path: Path, expression: str) -> None:
    """It names the place, and holds nothing of the payload."""
    with pytest.raises(MappingFault) as raised:
        value(tmp_path, f'"{expression}"')
    assert raised.value.where == "routes[0].upsert[0].fields.x"
    assert "COMPLETED" not in str(raised.value)


def test_every_filter_is_documented() -> None:
    """The example names them all."""
    shown = EXAMPLE.read_text("utf-8")
    assert [name for name in FILTERS if name not in shown] == []


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("{{ order.date_created | plus(days=30) | date }}", date(2020, 9, 10)),
        ("{{ order.date_created | date | plus(weeks=-1) }}", date(2020, 8, 4)),
        (
            "{{ order.date_created | plus(days=1, hours=-2, minutes=30) | date('%d %H:%M') }}",
            "12 18:15",
        ),
        ("{{ '2026-03-07T12:00:00-05:00' | plus(days=1) | date('%d %H') }}", "08 12"),
        ("{{ none | plus(days=1) }}", None),
    ],
)
def test_plus_moves_dates(tmp_path: Path, expression: str, result: object) -> None:
    """By weeks, days, hours and minutes, forth and back."""
    assert value(tmp_path, f'"{expression}"') == result


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("{{ order.date_created | date | plus(hours=1) }}", "weeks and days here"),
        ("{{ order.date_created | plus(days=100000000) }}", "no date that there is"),
        ("{{ order.date_created | plus(days='x') }}", "no date that there is"),
        ("{{ raw.id | plus(days=1) }}", "takes a date"),
        ("{{ 'soon' | plus(days=1) }}", "takes a date"),
    ],
)
def test_plus_says_what_it_takes(tmp_path: Path, expression: str, says: str) -> None:
    """Anything else is a fault in words."""
    with pytest.raises(MappingFault, match=re.escape(says)):
        value(tmp_path, f'"{expression}"')
