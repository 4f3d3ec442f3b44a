"""pydantic's errors in words for people who write TOML."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import ErrorDetails

_WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not a known key",
    "string_type": "must be a text in quotes",
    "string_too_short": "must not be empty",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": 'must be a list, like ["…"]',
    "tuple_type": 'must be a list, like ["…"]',
    "dict_type": "must be a table",
    "mapping_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "too_short": "must have at least {min_length} item",
    "literal_error": "must be {expected}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "path_type": "must be a path",
    "zoneinfo_str": "must be the name of a time zone",
}
"""Error type → message; names in braces are of the error's context.

Types: https://docs.pydantic.dev/latest/errors/validation_errors/
"""


def describe_error(error: ErrorDetails) -> tuple[str, str]:
    """Message and remedy. The value itself is never quoted: it may be a secret."""
    context = error.get("ctx", {})
    if (cause := context.get("error")) is not None:
        return str(cause), getattr(cause, "remedy", "")
    if (known := _WORDS.get(error["type"])) is not None:
        return known.format_map(context), ""
    return error["msg"].removeprefix("Input ").removeprefix("Value error, "), ""


_CURLY = "\u201c\u201d\u201e\u2018\u2019\u201a"


def find_curly_quote(text: str) -> str | None:
    """The first typographic quote, as word processors and chats write them in place of " and '."""
    return next((letter for letter in text if letter in _CURLY), None)
