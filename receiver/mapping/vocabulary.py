"""What the filters and tests of expressions do, in words for whoever writes a mapping."""

from __future__ import annotations

from collections.abc import Mapping

FILTER_DESCRIPTIONS: Mapping[str, str] = {
    "abs": "the number without its sign",
    "capitalize": "the first letter in upper case, all others in lower case",
    "count": "the same as `length`",
    "d": "the same as `default`",
    "date": "the day alone: `{{ order.date_created | date }}`; with a pattern a text: "
    "`{{ order.date_created | date('%d.%m.%Y') }}`",
    "default": "another value for what is absent or empty: `{{ raw.vip | default('no') }}`",
    "first": "the first item, or nothing",
    "float": "a number that may have a fraction; 0.0 for what is none",
    "int": "a whole number; 0 for what is none",
    "join": "one text of many items: `{{ courses | map(attribute='name') | join(', ') }}`",
    "json": "a list or a whole thing as one text of JSON: `{{ order.line_items | json }}`",
    "last": "the last item, or nothing",
    "length": "how many items or characters",
    "list": "the items as a list",
    "lower": "in lower case",
    "map": "one attribute of each item, or a filter on each: "
    "`{{ order.line_items | map(attribute='total') }}`",
    "max": "the largest item: `{{ order.line_items | max(attribute='price') }}`",
    "min": "the smallest item",
    "money": "rounded to 2 places, or to those of a currency: "
    "`{{ order.total | money(order.currency) }}`",
    "reject": "the items that a test does not hold for",
    "rejectattr": "the items whose attribute a test does not hold for",
    "replace": "one text for another in it: `{{ course.name | replace('&', 'and') }}`",
    "reverse": "the items from last to first, or a text from its end",
    "round": "rounded to so many places: `{{ order.total | round(1) }}`",
    "select": "the items that a test holds for",
    "selectattr": "the items whose attribute a test holds for: "
    "`{{ order.line_items | selectattr('price', 'gt', 100) }}`",
    "slug": "lower case, hyphens for all but letters and digits: "
    "`{{ course.name | slug }}` makes `ano-nuevo` of “Año Nuevo!”",
    "sort": "the items in order: `{{ courses | sort(attribute='name') }}`",
    "string": "the value as text, as it would stand among other text",
    "striptags": "the text without HTML: `{{ announcement.content | striptags }}`",
    "sum": "the sum of numbers: `{{ order.line_items | sum(attribute='quantity') }}`",
    "title": "each word with a capital",
    "trim": "without blanks at both ends",
    "truncate": "at most so many characters: `{{ announcement.content | truncate(100) }}`",
    "unique": "the items, each once",
    "upper": "in upper case",
}
"""Every filter of `filters.FILTERS`; what is absent stays absent."""

TEST_DESCRIPTIONS: Mapping[str, str] = {
    "!=": "the same as `ne`",
    "<": "the same as `lt`",
    "<=": "the same as `le`",
    "==": "the same as `eq`",
    ">": "the same as `gt`",
    ">=": "the same as `ge`",
    "boolean": "it is true or false",
    "callable": "it can be called, such as a method",
    "defined": "the name is there: `{{ raw.vip is defined }}`",
    "divisibleby": "it can be divided by a number: `{{ order.total is divisibleby(10) }}`",
    "eq": "it equals a value",
    "equalto": "the same as `eq`",
    "escaped": "it is marked as HTML, which nothing here is",
    "even": "it is an even number",
    "false": "it is `false`",
    "filter": "a filter of this name is offered",
    "float": "it is a number with a fraction; amounts are `number`",
    "ge": "it is at least a value",
    "greaterthan": "the same as `gt`",
    "gt": "it is more than a value",
    "in": "it is one of a list, or a part of a text",
    "integer": "it is a whole number",
    "iterable": "it has items",
    "le": "it is at most a value",
    "lessthan": "the same as `lt`",
    "lower": "it is in lower case",
    "lt": "it is less than a value",
    "mapping": "it has names with values, as a JSON object",
    "ne": "it differs from a value",
    "none": "it is absent: `{{ order.total is none }}`",
    "number": "it is a number, of any kind",
    "odd": "it is an odd number",
    "sameas": "it is the very same object as another",
    "sequence": "it has items in an order",
    "string": "it is a text",
    "test": "a test of this name is offered",
    "true": "it is `true`",
    "undefined": "the name is not there",
    "upper": "it is in upper case",
}
"""Every test of `environment.TESTS`, for `is`, `select` and `reject`."""
