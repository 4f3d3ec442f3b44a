"""How a value reads inside a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

from jinja2.runtime import Undefined
from pydantic import BaseModel

DIGITS: Final = 400  # of a number, before or behind the point; a float has at most 309


Number = TypeVar("Number", bound=int | Decimal)


class UnusableValue(ValueError):
    """A value that can't be used as it is meant.

    The message says what it is and what to write instead; it quotes no payload.
    """


def value_text(value: Any) -> str:  # noqa: PLR0911 - a table of cases
    """Nothing for None, `true` and `false`, plain digits for money, ISO 8601 for dates.

    Raises UnusableValue for anything composed.
    """
    if type(value) is str:  # most are
        return value
    match value:
        case None:
            return ""
        case str():
            return str(value)
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{bounded_number(value):f}"
        case int():
            return str(bounded_number(value))
        case float():
            return str(value)
        case date():
            return value.isoformat()
        case Undefined():
            return str(value)  # raises, or is nothing where an `if` without `else` was not met
    raise UnusableValue(f"{describe_kind(value)} is no text: {_remedy(value)}")


_TOO_LARGE: Final = 10**DIGITS


def bounded_number(value: Number) -> Number:
    """The number, unless written out it would fill pages. Raises UnusableValue."""
    if isinstance(value, Decimal):
        pages = value.is_finite() and bool(value) and not -DIGITS < value.adjusted() < DIGITS
    else:
        pages = abs(value) >= _TOO_LARGE
    if pages:
        raise UnusableValue(f"counts with a number of more than {DIGITS} digits")
    return value


def describe_kind(value: object) -> str:
    """What kind of thing it is, without its content."""
    match value:
        case str():
            return "a text"
        case bool() | int() | float() | Decimal():
            return "a number"
        case Mapping():
            return "a table"
        case _ if is_list(value):
            return "a list"
        case _:
            return f"a whole {type(value).__name__.lower()}"


def is_list(value: object) -> bool:
    """Whether its items can be gone through: a list, or what a filter like `map` gives."""
    return isinstance(value, Iterable) and not isinstance(
        value, str | Mapping | BaseModel | Undefined
    )


def _remedy(value: object) -> str:
    if describe_kind(value) == "a list":
        return "join it with | join(', ')"
    return "name one part of it"
