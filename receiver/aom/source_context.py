"""What of an AOM site is needed to read its events."""

from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import ZoneInfo

Identity = Literal["aom_id", "email"]
"""What makes two events one person's: AOM's id of the account, or the address alone."""
FOLLOWED: Final = "aom_id"
"""What is taken unless a source says otherwise."""


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What is known of one AOM site when its events are read.

    AOM's dates carry no zone and are read in `timezone`; `currency` (ISO 4217) stands in where an
    order names none.
    """

    name: str
    timezone: ZoneInfo
    currency: str
    identity: Identity = FOLLOWED
