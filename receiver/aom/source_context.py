"""What of an AOM site is needed to read its events."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What is known of one AOM site when its events are read.

    AOM's dates carry no zone and are read in `timezone`; `currency` (ISO 4217) stands in where an
    order names none.
    """

    name: str
    timezone: ZoneInfo
    currency: str
