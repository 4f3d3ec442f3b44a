"""When it happened that a line tells of: what decides which of two events of a person is the newer
one.
"""

from __future__ import annotations

from datetime import UTC, datetime

from receiver.aom import Event, SourceContext
from receiver.aom.event_names import event_family
from receiver.aom.payload_schema import OrderChanged, Payload
from receiver.aom.values import dates, order_status

_DATE_KEYS = ("date_registered", "date_submitted", "date_created", "date")
# happen when the order is made; any other happens to it later, which no date of AOM's tells
_MADE = {"order.pending", "order.placed"}
_LAST = 999_999  # microseconds


class UnknownTime(Exception):
    """Nothing says when it happened, or it cannot be read; the text says which, `path` where."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(text)
        self.path = path


def is_change(event: str | None) -> bool:
    """Whether an event is what happens to an order later: its date says when the order was made."""
    return event is None or (event_family(event) == "order" and event not in _MADE)


def time_of_event(event: Event, as_of: datetime | None) -> datetime:
    """The payload's own time, else `as_of`. Raises UnknownTime."""
    payload = event.payload
    changed = isinstance(payload, OrderChanged) and is_change(
        order_status.event_of_status(payload.status)
    )
    for name in () if changed else _DATE_KEYS:
        date = getattr(payload, name, None)
        if isinstance(date, datetime):
            return dates.place_in_zone(date, event.site.timezone)
    if as_of:
        return as_of
    if changed:
        raise UnknownTime(
            "date_created",
            f"says when the order was made, not when it became {_status(payload)}; {_SAY}",
        )
    name = next((name for name in _DATE_KEYS if name in type(payload).model_fields), "")
    if unread := event.raw.get(name):
        raise UnknownTime(
            name,
            f"{str(unread)[:50]!r} is no date that can be read; write 2026-03-01 14:30, or "
            "say --date-format",
        )
    raise UnknownTime(name, f"nothing says when it happened; {_SAY}")


_SAY = "say --time-column, or --as-of with the time of the export"


def _status(payload: Payload) -> str:
    return str(getattr(payload, "status", ""))[:50]


def time_of_text(text: str, site: SourceContext, date_format: str = "") -> datetime:
    """Read a time that a column holds. Raises UnknownTime."""
    try:
        return dates.place_in_zone(
            dates.read_date(time_in_format(text, date_format)), site.timezone
        )
    except ValueError:
        raise UnknownTime(
            "",
            f"{text[:50]!r} is no date that can be read; write 2026-03-01 14:30, or say "
            "--date-format",
        ) from None


def time_in_format(text: str, date_format: str) -> str:
    """In a form that can be read, where it is written in that format; else as it is."""
    if not date_format:
        return text
    try:
        return datetime.strptime(text, date_format).isoformat()  # noqa: DTZ007 - of the site's zone
    except ValueError:
        return text


def in_file_order(at: datetime, number: int, *, newest_first: bool = False) -> datetime:
    """Lines of the same second stay in the order of the file, or in the other one; and a line has
    the same time whenever it is sent.

    Beyond a million lines the gateway keeps those of one time in the order in which they come.
    """
    if at.microsecond:
        return at.astimezone(UTC)
    within = min(number, _LAST)
    return at.astimezone(UTC).replace(microsecond=_LAST - within if newest_first else within)
