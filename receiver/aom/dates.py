"""AOM's dates: "Aug 11, 2020 04:58 PM", to the minute and without a zone; ISO 8601 is understood too."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

YEARS = range(1970, 2200)  # WordPress writes "no date" as year 0 or -1; a date at the end of time cannot change zones

_english = re.compile(
    r"(?P<month>[A-Za-z]{3,9})\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})"
    r"(?:,?\s+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s*(?:(?P<half>[AP])\.?M\.?)?)?",
    re.ASCII | re.IGNORECASE,
).fullmatch

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
# our own table: strptime's names change with the locale of the process
_MONTH = {name[:letters]: number for number, name in enumerate(_MONTHS, 1) for letters in (3, len(name))} | {"sept": 9}


def read(value: object) -> datetime:
    """As it stands in the text: naive unless it names an offset. Raises ValueError for anything that is no date of `YEARS`."""
    date = _date(value.strip()) if isinstance(value, str) else None
    if date is None or date.year not in YEARS:
        raise ValueError('must be a date like "Aug 11, 2020 04:58 PM"')
    return date


def place(date: datetime, zone: ZoneInfo) -> datetime:
    """The moment in the site's zone. A naive date is the wall clock of that zone.

    When clocks go back and an hour comes twice, the first of the two is meant; when clocks go forward and the
    time does not exist, it is the moment so long after the gap began: 02:30 becomes 03:30.
    """
    aware = date if date.tzinfo else date.replace(tzinfo=zone)
    return aware.astimezone(UTC).astimezone(zone)


def _date(text: str) -> datetime | None:
    found = _english(text)
    try:
        return _assembled(found) if found else datetime.fromisoformat(text)
    except ValueError:
        return None


def _assembled(found: re.Match[str]) -> datetime:
    """Raises ValueError where there is no such month, day, hour or minute."""
    month, day, year, hour, minute, second, half = found.groups(default="0")
    day_of_year = datetime(int(year), _MONTH.get(month.lower(), 0), int(day))  # noqa: DTZ001 - placed in its zone later
    return day_of_year.replace(hour=_hour(int(hour), half.upper()), minute=int(minute), second=int(second))


def _hour(hour: int, half: str) -> int:
    """Of 24 hours, or of 12 with their half of the day, A or P."""
    if half not in ("A", "P"):
        return hour
    if not 1 <= hour <= 12:  # noqa: PLR2004 - a clock's face
        raise ValueError("must be an hour from 1 to 12")
    return hour % 12 + (12 if half == "P" else 0)
