"""Reads how long an answer asks to wait."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def read_retry_after(header: str | None, now: datetime) -> float | None:
    """Read the seconds that a `Retry-After` header names, as a number or as an HTTP date.

    None where there is no such header, or nobody can read it.
    """
    value = (header or "").strip()
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, now)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(date: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(date)
    except (ValueError, TypeError):  # TypeError: of Python 3.11 for some that are none
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)  # "-0000" says no zone, and means UTC
    return max(0.0, (aware - now).total_seconds())
