"""The filters that an expression may use: Jinja's that suit a mapping, and three of our own (`date`, `money`, `slug`).

Whatever is absent stays absent: a filter gives nothing for nothing, where Jinja would write "None" or raise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import wraps
from typing import Any

from babel.numbers import get_currency_precision
from jinja2 import Environment
from jinja2.filters import FILTERS as JINJA
from jinja2.filters import make_attrgetter
from jinja2.runtime import Undefined
from jinja2.utils import pass_environment

from receiver.mapping.text import Unusable, text

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


@pass_environment
def join(environment: Environment, items: Iterable[Any] | None, separator: str = "", attribute: str | int | None = None) -> str:
    """Jinja's, but absent items leave no gap."""
    get = make_attrgetter(environment, attribute) if attribute is not None else _same
    return text(separator).join(written for item in items or () if (written := text(get(item))))


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


_TEXTS = ("capitalize", "lower", "replace", "striptags", "title", "trim", "truncate", "upper")
_LISTS = ("list", "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "sum", "unique")
_NUMBERS = ("abs", "float", "int", "round")

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
    "slug": as_slug,
    "string": text,
}
