"""What the filters and tests of expressions do, in words for whoever writes a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Described(NamedTuple):
    """What a filter or test does, with an example where words do not suffice."""

    text: str
    example: str = ""


FILTER_DESCRIPTIONS: Mapping[str, Described] = {
    "abs": Described("the number without its sign"),
    "capitalize": Described("the first letter in upper case, all others in lower case"),
    "count": Described("the same as `length`"),
    "d": Described("the same as `default`"),
    "date": Described(
        "the day alone; with a pattern a text", "{{ order.date_created | date('%d.%m.%Y') }}"
    ),
    "default": Described(
        "another value for what is absent or empty", "{{ raw.vip | default('no') }}"
    ),
    "first": Described("the first item, or nothing"),
    "float": Described("a number that may have a fraction; 0.0 for what is none"),
    "int": Described("a whole number; 0 for what is none"),
    "join": Described(
        "one text of many items", "{{ courses | map(attribute='name') | join(', ') }}"
    ),
    "json": Described(
        "a list or a whole thing as one text of JSON", "{{ order.line_items | json }}"
    ),
    "last": Described("the last item, or nothing"),
    "length": Described("how many items or characters"),
    "list": Described("the items as a list"),
    "lower": Described("in lower case"),
    "map": Described(
        "one attribute of each item, or a filter on each",
        "{{ order.line_items | map(attribute='total') }}",
    ),
    "max": Described("the largest item", "{{ order.line_items | max(attribute='price') }}"),
    "min": Described("the smallest item"),
    "money": Described(
        "rounded to 2 places, or to those of a currency",
        "{{ order.total | money(order.currency) }}",
    ),
    "plus": Described(
        "later by `weeks`, `days`, `hours` and `minutes`, or earlier where they are below zero",
        "{{ event.occurred_at | plus(days=30) }}",
    ),
    "reject": Described("the items that a test does not hold for"),
    "rejectattr": Described("the items whose attribute a test does not hold for"),
    "replace": Described("one text for another in it", "{{ course.name | replace('&', 'and') }}"),
    "reverse": Described("the items from last to first, or a text from its end"),
    "round": Described("rounded to so many places", "{{ order.total | round(1) }}"),
    "select": Described("the items that a test holds for"),
    "selectattr": Described(
        "the items whose attribute a test holds for",
        "{{ order.line_items | selectattr('price', 'gt', 100) }}",
    ),
    "slug": Described(
        "lower case, hyphens for all but letters and digits; “Año Nuevo!” becomes `ano-nuevo`",
        "{{ course.name | slug }}",
    ),
    "sort": Described("the items in order", "{{ courses | sort(attribute='name') }}"),
    "string": Described("the value as text, as it would stand among other text"),
    "striptags": Described("the text without HTML", "{{ announcement.content | striptags }}"),
    "sum": Described("the sum of numbers", "{{ order.line_items | sum(attribute='quantity') }}"),
    "title": Described("each word with a capital"),
    "trim": Described("without blanks at both ends"),
    "truncate": Described(
        "at most so many characters", "{{ announcement.content | truncate(100) }}"
    ),
    "unique": Described("the items, each once"),
    "upper": Described("in upper case"),
}
"""Every filter of `filters.FILTERS`; what is absent stays absent."""

TEST_DESCRIPTIONS: Mapping[str, Described] = {
    "!=": Described("the same as `ne`"),
    "<": Described("the same as `lt`"),
    "<=": Described("the same as `le`"),
    "==": Described("the same as `eq`"),
    ">": Described("the same as `gt`"),
    ">=": Described("the same as `ge`"),
    "boolean": Described("it is true or false"),
    "callable": Described("it can be called, such as a method"),
    "defined": Described("the name is there", "{{ raw.vip is defined }}"),
    "divisibleby": Described(
        "it can be divided by a number", "{{ order.total is divisibleby(10) }}"
    ),
    "eq": Described("it equals a value"),
    "equalto": Described("the same as `eq`"),
    "escaped": Described("it is marked as HTML, which nothing here is"),
    "even": Described("it is an even number"),
    "false": Described("it is `false`"),
    "filter": Described("a filter of this name is offered"),
    "float": Described("it is a number with a fraction; amounts are `number`"),
    "ge": Described("it is at least a value"),
    "greaterthan": Described("the same as `gt`"),
    "gt": Described("it is more than a value"),
    "in": Described("it is one of a list, or a part of a text"),
    "integer": Described("it is a whole number"),
    "iterable": Described("it has items"),
    "le": Described("it is at most a value"),
    "lessthan": Described("the same as `lt`"),
    "lower": Described("it is in lower case"),
    "lt": Described("it is less than a value"),
    "mapping": Described("it has names with values, as a JSON object"),
    "ne": Described("it differs from a value"),
    "none": Described("it is absent", "{{ order.total is none }}"),
    "number": Described("it is a number, of any kind"),
    "odd": Described("it is an odd number"),
    "sameas": Described("it is the very same object as another"),
    "sequence": Described("it has items in an order"),
    "string": Described("it is a text"),
    "test": Described("a test of this name is offered"),
    "true": Described("it is `true`"),
    "undefined": Described("the name is not there"),
    "upper": Described("it is in upper case"),
}
"""Every test of `environment.TESTS`, for `is`, `select` and `reject`."""
