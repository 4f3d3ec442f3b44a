"""Times are aware datetimes outside and microseconds since 1970 in the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(at: datetime) -> int:
    """Microseconds since 1970; a naive datetime is refused, since nobody knows what it means."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone; the inbox takes aware datetimes")
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_micros(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def from_micros_or_none(value: int | None) -> datetime | None:
    return None if value is None else from_micros(value)
