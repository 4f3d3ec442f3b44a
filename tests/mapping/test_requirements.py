"""What the routes write, as a connector's `check` and `provision` want to know it."""

from pathlib import Path

import pytest

from connectors.base import FieldNeed, FieldType
from receiver.mapping.language.constant_texts import constant_texts
from tests.mapping.routes.test_route import ENROLMENTS, ORDERS
from tests.mapping.sample_routes import contact, mapping, route


def need(directory: Path, *fields: str) -> FieldNeed:
    """What is needed of the field `x`, written by one route each."""
    routes = "".join(route("order.placed", contact(f"fields.x = {field}")) for field in fields)
    (found,) = mapping(directory, routes).needs("box")
    return found.fields["x"]


@pytest.mark.parametrize(
    ("expression", "texts"),
    [
        ("customer", {"customer"}),
        ("{{ 'customer' if order.total else none }}", {"customer"}),
        (
            "{{ 'won' if order.total else ('lost' if order.id else 'open') }}",
            {"won", "lost", "open"},
        ),
        ("{{ order.transaction_ref | default('none given') }}", {"none given"}),
        ("{{ order.transaction_ref or 'none given' }}", {"none given"}),
        ("{{ order.status }}", set()),
        ("Order {{ order.id }}", set()),
    ],
)
def test_constants_inside_an_expression_are_needed_too(expression: str, texts: set[str]) -> None:
    """A CRM can be asked about a text that stands in quotes, whatever decides over it."""
    assert constant_texts(expression) == texts


def test_objects_keys_and_links(tmp_path: Path) -> None:
    """One entry per object, with the field that holds its key."""
    found = mapping(tmp_path, ORDERS + ENROLMENTS).needs("box")
    assert [(one.object, one.key_field, one.links) for one in found] == [
        ("deal", "aom_order_key", ("contact",)),
        ("contact", "email", ()),
        ("p_enrollment", "aom_key", ("contact",)),
    ]


@pytest.mark.parametrize(
    ("field", "kind", "values"),
    [
        ('"{{ order.total }}"', "number", set()),
        ('"{{ order.total | money }}"', "number", set()),
        ('"{{ order.line_items | length }}"', "number", set()),
        ('"{{ order.date_created }}"', "datetime", set()),
        ('"{{ order.date_created | date }}"', "date", set()),
        ("\"{{ order.date_created | date('%Y') }}\"", "string", set()),
        ('"{{ order.total > 5 }}"', "boolean", set()),
        ('"{{ order.transaction_ref }}"', "string", set()),
        ('"{{ order.id if order.total > 5 else none }}"', "string", set()),
        ('"Order {{ order.total }}"', "string", set()),
        ('"{{ raw.whatever }}"', None, set()),
        ('"customer"', "string", {"customer"}),
        ("5", "number", set()),
        ("true", "boolean", set()),
        (
            '{ value = "{{ order.status }}", map = { A = "won", B = "lost" }, default = "open" }',
            "choice",
            {"won", "lost", "open"},
        ),
        ('{ value = "{{ order.status }}", map = { A = 1, B = 2 }, default = 3 }', "number", set()),
        (
            '{ value = "{{ order.status }}", append = true, map = { A = "won" } }',
            "choices",
            {"won"},
        ),
    ],
)
def test_the_type_and_the_constants_of_a_field(
    tmp_path: Path, field: str, kind: FieldType | None, values: set[str]
) -> None:
    """The type where it is known, and what a mapping can produce."""
    assert need(tmp_path, field) == FieldNeed(
        kind, frozenset(values), ("routes[0].upsert[0].fields.x",)
    )


def test_what_goes_through_a_map_is_not_written_itself(tmp_path: Path) -> None:
    """A text that the map has no entry for ends in the default: the CRM never sees it."""
    value = "{{ 'won' if order.paid else 'unknown' }}"
    field = f'{{ value = "{value}", map = {{ won = "closedwon" }}, default = "open" }}'
    assert need(tmp_path, field).values == {"closedwon", "open"}


def test_places_that_write_one_field_are_put_together(tmp_path: Path) -> None:
    """All their places and constants, and a type that takes all of them."""
    found = need(tmp_path, '"a"', '"b"')
    assert found == FieldNeed(
        "string",
        frozenset({"a", "b"}),
        ("routes[0].upsert[0].fields.x", "routes[1].upsert[0].fields.x"),
    )
    assert (
        need(tmp_path, '"{{ order.date_created }}"', '"{{ order.date_created | date }}"').type
        == "datetime"
    )
    assert need(tmp_path, '"{{ order.total }}"', '"{{ order.id }}"').type == "string"
    assert need(tmp_path, '"{{ order.total }}"', '"{{ raw.x }}"').type is None
