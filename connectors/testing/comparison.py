"""Compares a value that was written with what the CRM gives back, in whatever form it does."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base import Append, Value

YES = frozenset({"true", "yes", "1"})
NO = frozenset({"false", "no", "0"})
_MILLISECONDS = re.compile(r"-?\d{9,}")


def is_empty(held: Any) -> bool:
    """Whether a field holds nothing."""
    return held is None or held in ("", [], ())


def same_value(written: Value, held: Any) -> bool:  # noqa: PLR0911 - one for each type
    """Whether a field holds what was written.

    Numbers count by their value, moments by their instant (one without a zone is UTC), days as
    days; options may be a list or a text parted by `;` or `,`, in any order and case.
    """
    match written:
        case bool():
            return str(held).strip().lower() in (YES if written else NO)
        case "":
            return is_empty(held)
        case str():
            return isinstance(held, str) and held == written
        case int() | Decimal():
            return _number(held) == written
        case datetime():
            return _moment(held) == written
        case date():
            return _day(held) == written
        case Append():
            return {one.casefold() for one in written.values} == set(options_of(held))


def options_of(held: Any) -> list[str]:
    """Give the options that a multiple-choice field holds, without regard to case."""
    if is_empty(held):
        return []
    if isinstance(held, str):
        held = json.loads(held) if held.startswith("[") else re.split("[;,]", held)
    return [str(one).strip().casefold() for one in held if str(one).strip()]


def _number(held: Any) -> Decimal | None:
    if isinstance(held, bool):
        return None
    try:
        return Decimal(str(held))
    except InvalidOperation:
        return None


def _moment(held: Any) -> datetime | None:
    if isinstance(held, datetime):
        found = held
    elif _MILLISECONDS.fullmatch(str(held)):
        found = datetime.fromtimestamp(int(held) / 1000, UTC)
    else:
        try:
            found = datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", str(held)))
        except ValueError:
            return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _day(held: Any) -> date | None:
    if _MILLISECONDS.fullmatch(str(held)):
        return datetime.fromtimestamp(int(held) / 1000, UTC).date()
    try:
        return date.fromisoformat(str(held)[:10])
    except ValueError:
        return None
