"""The filters that an expression may use: Jinja's that suit a mapping, and three of our own (`date`, `money`, `slug`).

Whatever is absent stays absent: a filter gives nothing for nothing, where Jinja would write "None" or raise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import wraps
from typing import Any

from babel.numbers import get_currency_precision
from jinja2 import Environment
from jinja2.filters import FILTERS as JINJA
from jinja2.filters import make_attrgetter
from jinja2.runtime import Undefined
from jinja2.utils import pass_context, pass_environment

from receiver.mapping.budget import Budget
from receiver.mapping.metering import Metered
from receiver.mapping.text import Unusable, described, text

LONGEST_PATTERN = 200  # characters of a strftime pattern; each may ask for hundreds
_PLACES = 30  # that a number may be rounded to

Filter = Callable[..., Any]


def as_date(value: datetime | date | str | None, pattern: str | None = None) -> date | str | None:
    """`{{ order.date_created | date }}`: the day alone. With a pattern (strftime) a text: `| date('%d.%m.%Y')`."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise Unusable("| date takes a date, or a text like 2026-05-01") from None
    if not isinstance(value, date):
        raise Unusable("| date takes a date, or a text like 2026-05-01")
    if pattern is not None:
        if len(pattern) > LONGEST_PATTERN:
            raise Unusable(f"| date takes a pattern of at most {LONGEST_PATTERN} characters")
        return value.strftime(pattern)
    return value.date() if isinstance(value, datetime) else value


def as_money(value: Decimal | float | str | None, currency: str | None = None) -> Decimal | None:
    """`{{ order.total | money }}`: rounded to 2 places; with a currency to the places that it has: `| money(order.currency)`."""
    if value is None or value == "":
        return None
    places = 2 if currency is None else get_currency_precision(currency)
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def as_slug(value: Any) -> str | None:
    """`{{ course.name | slug }}`: lower case, hyphens for all but letters and digits, no accents: `Año Nuevo!` → `ano-nuevo`."""
    if value is None:
        return None
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text(value)) if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", "-", plain.casefold()).strip("-")


def default(value: Any, fallback: Any = "") -> Any:
    """Take the fallback for what is absent, none, or an empty text or list; Jinja's takes it for what is absent alone."""
    return fallback if isinstance(value, Undefined) or value is None or value in ("", [], ()) else value


@pass_context
def join(context: Metered, items: Iterable[Any] | None, separator: str = "", attribute: str | int | None = None) -> str:
    """Jinja's, but absent items leave no gap."""
    get = make_attrgetter(context.environment, attribute) if attribute is not None else _same
    between = text(separator)
    return between.join(_written(context.budget, (text(get(item)) for item in items or ()), len(between)))


def _written(budget: Budget, texts: Iterable[str], between: int) -> Iterator[str]:
    for written in texts:
        budget.characters(len(written) + between)
        if written:
            yield written


def replace(value: Any, old: Any, new: Any, count: int = -1) -> Any:
    """Each `old` becomes `new`, or the first `count` of them. Where there is no `old` to look for, all stays."""
    if value is None or isinstance(value, Undefined) or not text(old):
        return value
    return text(value).replace(text(old), text(new), count)


def rounded(value: Any, precision: int = 0, method: str = "common") -> Any:
    """Jinja's, to a sane number of places: it raises 10 to their power."""
    if value is None or isinstance(value, Undefined):
        return value
    if not isinstance(precision, int) or abs(precision) > _PLACES:
        raise Unusable(f"| round takes at most {_PLACES} places")
    return JINJA["round"](value, precision, method)


@pass_environment
def total(environment: Environment, items: Iterable[Any] | None, attribute: str | int | None = None, start: Any = 0) -> Any:
    """Jinja's sum, of numbers alone: lists and texts would be copied again for each item."""
    get = make_attrgetter(environment, attribute) if attribute is not None else _same
    found = _number(start)
    for item in items or ():
        number = _number(get(item))
        found = _exact(found, number) + _exact(number, found)
    return found


def _number(value: Any) -> Any:
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, Undefined):
        text(value)  # raises, unless an `if` without `else` was not met
    found = "an item without one" if value is None or isinstance(value, Undefined) else described(value)
    raise Unusable(f"| sum takes numbers, and meets {found}; leave out what has none with select or selectattr")


def _exact(number: Any, beside: Any) -> Any:
    """A float as a Decimal, where it meets one."""
    return Decimal(str(number)) if isinstance(number, float) and isinstance(beside, Decimal) else number


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


def _same(value: Any) -> Any:
    return value


def _calm(name: str, taken: Callable[[Any], Any], *, nothing: Any = None) -> Filter:
    """Jinja's filter, given what `taken` makes of the value. For nothing it is given `nothing`, or not asked if that is None."""
    jinjas = JINJA[name]
    at = int(hasattr(jinjas, "jinja_pass_arg"))

    @wraps(jinjas)
    def calm(*arguments: Any, **keywords: Any) -> Any:
        value = nothing if arguments[at] is None else arguments[at]
        if value is None or isinstance(value, Undefined):
            return value
        result = jinjas(*arguments[:at], taken(value), *arguments[at + 1 :], **keywords)
        return None if isinstance(result, Undefined) else result  # the largest of no items

    return calm


_TEXTS = ("capitalize", "lower", "striptags", "title", "trim", "truncate", "upper")
_LISTS = ("list", "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique")
_NUMBERS = ("abs", "float", "int")

FILTERS: Mapping[str, Filter] = {
    **{name: _calm(name, text) for name in _TEXTS},
    **{name: _calm(name, _same, nothing=()) for name in _LISTS},
    **{name: _calm(name, _same) for name in _NUMBERS},
    "count": length,
    "d": default,
    "date": as_date,
    "default": default,
    "first": first,
    "join": join,
    "last": last,
    "length": length,
    "money": as_money,
    "replace": replace,
    "round": rounded,
    "slug": as_slug,
    "string": text,
    "sum": total,
}
