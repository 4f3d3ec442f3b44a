"""Whether a field holds what a case expects, and how both are written."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base import Append, Value
from receiver.mapping.language.value_text import value_text


def is_expected(expected: Any, got: Value) -> bool:
    """Numbers by what they are worth, times by their moment, options in their order.

    A text in the case fits what reads so, also where the field is a number or a date: the case may
    say "220.00" or 220, but a text of the mapping is no number.
    """
    if isinstance(got, Append):
        return isinstance(expected, list) and tuple(expected) == got.values
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got or expected == value_text(got)
    if isinstance(expected, str):
        return expected == value_text(got) or _reads_so(expected, got)
    if isinstance(expected, date):
        return type(expected) is type(got) and expected == got
    if isinstance(expected, int | float | Decimal):
        return _is_number(got) and Decimal(str(expected)) == Decimal(str(got))
    return False


def _reads_so(text: str, got: Value) -> bool:
    try:
        if isinstance(got, datetime):
            return datetime.fromisoformat(text) == got
        return _is_number(got) and Decimal(text) == Decimal(str(got))
    except (ValueError, InvalidOperation, TypeError):
        return False


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def plain_value(value: Any) -> Any:
    """As TOML and JSON can hold it: options as a list."""
    return list(value.values) if isinstance(value, Append) else value


def format_value(value: Any) -> str:
    """As a case file would have it: texts in quotes, so that "1" is told from 1."""
    plain = plain_value(value)
    if isinstance(plain, str | list):
        return json.dumps(plain, ensure_ascii=False)
    return value_text(plain)
