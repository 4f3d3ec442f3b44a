"""What the filters of our own do, and those of Jinja's that need another way.

Whatever is absent stays absent, and what a filter makes is bounded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from babel.numbers import get_currency_precision
from jinja2 import Environment
from jinja2.filters import FILTERS as JINJA
from jinja2.filters import make_attrgetter
from jinja2.runtime import Undefined

from receiver.mapping.language.limits import LONGEST, bounded_text
from receiver.mapping.language.scope import ExpressionScope
from receiver.mapping.language.value_text import (
    UnusableValue,
    bounded_number,
    describe_kind,
    value_text,
)
from receiver.text.unescape import unescape_html

LONGEST_PATTERN = 200  # characters of a strftime pattern; each may ask for hundreds
LONGEST_SLUG = 10_000  # characters to make one of; each may become eighteen at first
_PLACES = 30  # that a number may be rounded to


def as_date(value: datetime | date | str | None, pattern: str | None = None) -> date | str | None:
    """`{{ order.date_created | date }}`: the day alone.

    With a pattern (strftime) a text: `| date('%d.%m.%Y')`.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = _date_of(value, "date")
    if not isinstance(value, date):
        raise UnusableValue("| date takes a date, or a text like 2026-05-01")
    if pattern is not None:
        if len(pattern) > LONGEST_PATTERN:
            raise UnusableValue(f"| date takes a pattern of at most {LONGEST_PATTERN} characters")
        return value.strftime(pattern)
    return value.date() if isinstance(value, datetime) else value


def plus(value: datetime | date | str | None, **lengths: float) -> datetime | date | None:
    """Later by all of `weeks`, `days`, `hours` and `minutes`, or earlier where they are below zero.

    `{{ event.occurred_at | plus(days=30) }}` is a month from then. A date without a time takes
    weeks and days alone; with a time zone it is the clock on the wall that counts.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = _date_of(value, "plus")
    if not isinstance(value, date):
        raise UnusableValue("| plus takes a date, or a text like 2026-05-01")
    units = (
        ("weeks", "days", "hours", "minutes") if isinstance(value, datetime) else ("weeks", "days")
    )
    if not lengths or not lengths.keys() <= set(units):
        raise UnusableValue(
            f"| plus takes {', '.join(units[:-1])} and {units[-1]} here, like plus(days=30)"
        )
    try:
        return value + timedelta(**{unit: float(length) for unit, length in lengths.items()})
    except (OverflowError, TypeError, ValueError):
        raise UnusableValue("| plus gives no date that there is") from None


def _date_of(value: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise UnusableValue(f"| {name} takes a date, or a text like 2026-05-01") from None


def as_money(value: Decimal | float | str | None, currency: str | None = None) -> Decimal | None:
    """`{{ order.total | money }}`: rounded to 2 places; with a currency to the places that it has:
    `| money(order.currency)`.
    """
    if value is None or value == "":
        return None
    places = 2 if currency is None else get_currency_precision(currency)
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def as_slug(value: Any) -> str | None:
    """`{{ course.name | slug }}`: lower case, hyphens for all but letters and digits, no accents:
    `Año Nuevo!` → `ano-nuevo`.
    """
    if value is None:
        return None
    written = value_text(value)
    if len(written) > LONGEST_SLUG:
        raise UnusableValue(f"| slug takes at most {LONGEST_SLUG:,} characters")
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", written)
        if not unicodedata.combining(letter)
    )
    return re.sub(r"[\W_]+", "-", plain.casefold()).strip("-")


def default(value: Any, fallback: Any = "") -> Any:
    """Take the fallback for what is absent, none, or an empty text or list; Jinja's takes it for
    what is absent alone.
    """
    return (
        fallback
        if isinstance(value, Undefined) or value is None or value in ("", [], ())
        else value
    )


def join(
    scope: ExpressionScope,
    items: Iterable[Any] | None,
    separator: str = "",
    attribute: str | int | None = None,
) -> str:
    """Jinja's, but absent items leave no gap."""
    get = same if attribute is None else _getter(scope.environment, attribute)
    between = value_text(separator)
    written, size = [], 0
    for item in items or ():
        if one := value_text(get(item)):
            written.append(one)
            size += len(one) + len(between)
            if size > LONGEST:
                bounded_text(size)
    return between.join(written)


@lru_cache(maxsize=256)
def _getter(environment: Environment, attribute: str | int) -> Callable[[Any], Any]:
    return make_attrgetter(environment, attribute)


def replace(value: Any, old: Any, new: Any, count: int = -1) -> Any:
    """Each `old` becomes `new`, or the first `count` of them; an empty `old` is nowhere."""
    if value is None or isinstance(value, Undefined) or not value_text(old):
        return value
    return replaced(value_text(value), value_text(old), value_text(new), count)


def replaced(value: str, old: str, new: str, count: int = -1) -> str:
    """As `str.replace`. Raises UnusableValue where the text would grow too long."""
    if len(new) > len(old):
        finds = value.count(old)
        most = min(finds, count) if count >= 0 else finds
        if most and (grown := len(value) + most * (len(new) - len(old))) > len(value):
            bounded_text(grown)
    return value.replace(old, new, count)


def striptags(value: Any) -> Any:
    """Jinja's, in one pass: it copies the whole text again for each tag."""
    if value is None or isinstance(value, Undefined):
        return value
    plain = _cut(_cut(value_text(value), "<!--", "-->"), "<", ">")
    return unescape_html(" ".join(plain.split()))


def _cut(value: str, begin: str, end: str) -> str:
    """The text without what stands between two marks."""
    parts, at = [], 0
    while (start := value.find(begin, at)) != -1 and (stop := value.find(end, start)) != -1:
        parts.append(value[at:start])
        at = stop + len(end)
    return "".join((*parts, value[at:]))


def rounded(value: Any, precision: int = 0, method: str = "common") -> Any:
    """Jinja's, to a sane number of places: it raises 10 to their power."""
    if value is None or isinstance(value, Undefined):
        return value
    if not isinstance(precision, int) or abs(precision) > _PLACES:
        raise UnusableValue(f"| round takes at most {_PLACES} places")
    return JINJA["round"](sane_number(value), precision, method)


def total(
    scope: ExpressionScope,
    items: Iterable[Any] | None,
    attribute: str | int | None = None,
    start: Any = 0,
) -> Any:
    """Jinja's sum, of numbers alone: lists and texts would be copied again for each item."""
    get = same if attribute is None else _getter(scope.environment, attribute)
    found = _require_number(start)
    for item in items or ():
        number = _require_number(get(item))
        found = _exact(found, number) + _exact(number, found)
    return found


def _require_number(value: Any) -> Any:
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, Undefined):
        value_text(value)  # raises, unless an `if` without `else` was not met
    found = (
        "an item without one"
        if value is None or isinstance(value, Undefined)
        else describe_kind(value)
    )
    raise UnusableValue(
        f"| sum takes numbers, and meets {found}; leave out what has none with select or selectattr"
    )


def _exact(number: Any, beside: Any) -> Any:
    """A float as a Decimal, where it meets one."""
    return (
        Decimal(str(number))
        if isinstance(number, float) and isinstance(beside, Decimal)
        else number
    )


def first(items: Iterable[Any] | None) -> Any:
    """The first item, or nothing where there is none."""
    return next(iter(items or ()), None)


def last(items: Iterable[Any] | None) -> Any:
    """The last item, or nothing where there is none."""
    listed = list(items or ())
    return listed[-1] if listed else None


def length(items: Any) -> int:
    """How many; 0 where there is nothing."""
    return len(items if hasattr(items, "__len__") else list(items or ()))


def listed(value: Any) -> Any:
    """The items as a list; Jinja's, but of nothing."""
    return value if isinstance(value, Undefined) else list(() if value is None else value)


def same(value: Any) -> Any:
    """The value itself."""
    return value


def sane_number(value: Any) -> Any:
    """A number that is not too large to calculate with, or what may be read as one."""
    return bounded_number(value) if isinstance(value, int | Decimal) else value
