"""What the sandbox accepts, and the JSON form that it keeps: amounts and dates become text, the
rest stays as it is.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from connectors.base import Append

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = str | int | list[str]
"""A bool is an int to Python."""

MAX_TEXT = 65_536  # HubSpot's
MAX_KEY = 255  # Salesforce's, for an external id
MAX_EMAIL = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
MAX_DIGITS = 30

_NAME = re.compile(r"[A-Za-z]\w{0,99}", re.ASCII)
_LOCAL = r'[^\s@"(),:;<>\[\]\\.]+'
_LABEL = r"\w(?:[\w-]{0,61}\w)?"
_EMAIL = re.compile(rf"{_LOCAL}(?:\.{_LOCAL})*@(?:{_LABEL}\.)+{_LABEL}")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


@lru_cache(maxsize=1024)
def is_name(text: str) -> bool:
    """Whether an object or a field may be called so."""
    return _NAME.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Whether a CRM would take it: one @, a dotted host, no blanks or brackets; any script, any
    top-level domain.
    """
    return len(text) <= MAX_EMAIL and _EMAIL.fullmatch(text) is not None


def is_storable(text: str) -> bool:
    """Whether a database can keep it: without NUL and halves of surrogate pairs."""
    return _NO_TEXT.search(text) is None


def stored_value(value: object) -> Json | Append:
    """Give the form that is kept. Raises TypeError or ValueError with words for the operator."""
    match value:
        case str():
            return _checked_text(value)
        case int():
            if abs(value) >= 10**MAX_DIGITS:
                raise ValueError(f"the number has more than {MAX_DIGITS} digits")
            return value
        case Decimal():
            return _plain_digits(value)
        case datetime() if value.utcoffset() is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        case date():
            return value.isoformat()
        case Append():
            for option in value.values:
                _checked_text(option)
            return value
    raise TypeError(
        f"{type(value).__name__} is no type of a field: text, number, date, yes or no, or "
        "options to append"
    )


def _checked_text(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError(f"{len(text)} characters are more than {MAX_TEXT}")
    if not is_storable(text):
        raise ValueError("NUL and halves of surrogate pairs can't be kept")
    return text


def _plain_digits(amount: Decimal) -> str:
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, str) or exponent < -MAX_DIGITS or amount.adjusted() >= MAX_DIGITS:
        raise ValueError(f"{amount} is no amount of at most {MAX_DIGITS} digits")
    return f"{amount:f}"


def merge_fields(old: Mapping[str, Json], new: Mapping[str, Json | Append]) -> dict[str, Json]:
    """Bring `new` into `old`: `""` clears a field, Append adds the options that are not there
    yet.
    """
    merged = dict(old)
    for name, value in new.items():
        if isinstance(value, Append):
            merged[name] = _united(merged.get(name, []), value)
        elif value == "":
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged


def _united(old: Json, new: Append) -> list[str]:
    present = old if isinstance(old, list) else [as_text(old)]
    return list(dict.fromkeys((*present, *new.values)))


def as_text(value: Json) -> str:
    """Write it as a configuration would: `220`, `true`."""
    return str(value).lower() if isinstance(value, bool) else str(value)
