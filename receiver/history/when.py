"""When it happened that a line tells of: what decides which of two events of a person is the newer one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from receiver.aom import Event, Site, dates

_TOLD_BY = ("date_registered", "date_submitted", "date_created", "date")
_MINUTE = 60_000  # milliseconds
_SECOND = 1_000


class UnknownTime(Exception):
    """Nothing says when it happened, or it cannot be read; the text says which, `path` where."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(text)
        self.path = path


def of_event(event: Event, as_of: datetime | None) -> datetime:
    """The payload's own time, else `as_of`. Raises UnknownTime."""
    for name in _TOLD_BY:
        date = getattr(event.payload, name, None)
        if isinstance(date, datetime):
            return dates.place(date, event.site.timezone)
    if as_of:
        return as_of
    name = next((name for name in _TOLD_BY if name in type(event.payload).model_fields), "")
    unread = event.raw.get(name)
    if unread:
        raise UnknownTime(name, f"{str(unread)[:50]!r} is no date that can be read; write 2026-03-01 14:30, or say --date-format")
    raise UnknownTime(name, "nothing says when it happened; say --time-column, or --as-of with the time of the export")


def of_text(text: str, site: Site) -> datetime:
    """Raises UnknownTime."""
    try:
        return dates.place(dates.read(text), site.timezone)
    except ValueError:
        raise UnknownTime("", f"{text[:50]!r} is no date that can be read; write 2026-03-01 14:30, or say --date-format") from None


def in_file_order(at: datetime, number: int) -> datetime:
    """Lines of the same minute, or second, stay in the order of the file; and a line has the same time whenever it is sent."""
    within = _MINUTE if at.second == 0 else _SECOND
    return at.astimezone(UTC).replace(microsecond=0) + timedelta(milliseconds=number % within)
