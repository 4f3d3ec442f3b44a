"""AOM's dates: "Aug 11, 2020 04:58 PM", to the minute and without a zone; ISO 8601 is understood
too.
"""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from receiver.aom.values.plain_text import evenly_spaced

# WordPress writes "no date" as year 0 or -1; a date at the end of time cannot change zones
YEARS = range(1970, 2200)
_NEVER = date(1970, 1, 1)  # how PHP writes "no date", at whatever hour the site's zone makes of it

_LONGEST = 100  # characters

_english = re.compile(
    r"(?P<month>[A-Za-z]{3,9})\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})"
    r"(?:,?\s+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s*(?:(?P<half>[AP])\.?M\.?)?)?",
    re.ASCII | re.IGNORECASE,
).fullmatch

PLAIN = (  # just as AOM writes them
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?:0[1-9]|1[0-9]|2[0-8]), "
    r"(?:199[0-9]|20[0-9][0-9])"
    r" (?:0[1-9]|1[0-2]):[0-5][0-9] [AP]M"
)
_plain = re.compile(PLAIN).fullmatch

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
# our own table: strptime's names change with the locale of the process
_MONTH = {
    name[:letters]: number for number, name in enumerate(_MONTHS, 1) for letters in (3, len(name))
} | {"sept": 9}


def read_date(value: object) -> datetime:
    """As it stands in the text: naive unless it names an offset.

    Raises ValueError for anything that is no date of `YEARS`.
    """
    found = None
    if isinstance(value, str) and len(value) <= _LONGEST:
        found = _plain_date(value) if _plain(value) else _date(evenly_spaced(value))
    if found is None or found.year not in YEARS or found.date() == _NEVER:
        raise ValueError('must be a date like "Aug 11, 2020 04:58 PM"')
    return found


def is_plain(value: object) -> bool:
    """Whether it is a date just as AOM writes them."""
    return type(value) is str and _plain(value) is not None


def place_in_zone(date: datetime, zone: ZoneInfo) -> datetime:
    """The moment in the site's zone. A naive date is the wall clock of that zone.

    When clocks go back and an hour comes twice, the first of the two is meant; when clocks go
    forward and the time does not exist, it is the moment so long after the gap began: 02:30 becomes
    03:30.
    """
    aware = date if date.tzinfo else date.replace(tzinfo=zone)
    return aware.astimezone(UTC).astimezone(zone)


def _plain_date(text: str) -> datetime:
    """Each part stands in its place."""
    hour = int(text[13:15]) % 12 + (12 if text[19] == "P" else 0)
    return datetime(  # noqa: DTZ001 - placed in its zone later
        int(text[8:12]), _MONTH[text[:3].lower()], int(text[4:6]), hour, int(text[16:18])
    )


def _date(text: str) -> datetime | None:
    found = _english(text)
    try:
        return _assembled(found) if found else datetime.fromisoformat(text)
    except ValueError:
        return None


def _assembled(found: re.Match[str]) -> datetime:
    """Raises ValueError where there is no such month, day, hour or minute."""
    month, day, year, hour, minute, second, half = found.groups(default="0")
    # placed in its zone later
    day_of_year = datetime(int(year), _MONTH.get(month.lower(), 0), int(day))  # noqa: DTZ001
    return day_of_year.replace(
        hour=_hour(int(hour), half.upper()), minute=int(minute), second=int(second)
    )


def _hour(hour: int, half: str) -> int:
    """Of 24 hours, or of 12 with their half of the day, A or P; or of 24 with a half that says the
    same (16:58 PM, 00:30 AM).
    """
    if half not in ("A", "P"):
        return hour
    if (hour == 0 and half == "P") or (hour > 12 and half == "A"):  # noqa: PLR2004 - a clock's face
        raise ValueError("must be an hour of that half of the day")
    return hour if hour > 12 else hour % 12 + (12 if half == "P" else 0)  # noqa: PLR2004
