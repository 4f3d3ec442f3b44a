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


def is_empty(stored: Any) -> bool:
    """Whether a field holds nothing."""
    return stored is None or stored in ("", [], ())


def same_value(written: Value, stored: Any) -> bool:  # noqa: PLR0911 - one for each type
    """Whether a field holds what was written.

    Numbers count by their value, moments by their instant (one without a zone is UTC), days as
    days; options may be a list or a text parted by `;` or `,`, in any order and case.
    """
    match written:
        case bool():
            return str(stored).strip().lower() in (YES if written else NO)
        case "":
            return is_empty(stored)
        case str():
            return isinstance(stored, str) and stored == written
        case int() | Decimal():
            return _as_number(stored) == written
        case datetime():
            return _parse_moment(stored) == written
        case date():
            return _day(stored) == written
        case Append():
            return {one.casefold() for one in written.values} == set(options_of(stored))


def options_of(stored: Any) -> list[str]:
    """Give the options that a multiple-choice field holds, without regard to case."""
    if is_empty(stored):
        return []
    if isinstance(stored, str):
        stored = json.loads(stored) if stored.startswith("[") else re.split("[;,]", stored)
    return [str(one).strip().casefold() for one in stored if str(one).strip()]


def _as_number(stored: Any) -> Decimal | None:
    if isinstance(stored, bool):
        return None
    try:
        return Decimal(str(stored))
    except InvalidOperation:
        return None


def _parse_moment(stored: Any) -> datetime | None:
    if isinstance(stored, datetime):
        found = stored
    elif _MILLISECONDS.fullmatch(str(stored)):
        found = datetime.fromtimestamp(int(stored) / 1000, UTC)
    else:
        try:
            found = datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", str(stored)))
        except ValueError:
            return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _day(stored: Any) -> date | None:
    if _MILLISECONDS.fullmatch(str(stored)):
        return datetime.fromtimestamp(int(stored) / 1000, UTC).date()
    try:
        return date.fromisoformat(str(stored)[:10])
    except ValueError:
        return None
