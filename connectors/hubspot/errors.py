"""What HubSpot's failures mean: one table from status and words to what helps, and what it is called in `connectors.base`.

Sources: HubSpot's "Error handling" and "API usage guidelines" pages, unless a row says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import TYPE_CHECKING

from connectors.base import AuthFailed, BatchRefused, ConnectorError, Misconfigured, Outcome, Refused, Retry, Throttled, Unavailable
from connectors.hubspot.faults import NOT_JSON, NOT_UNIQUE, UNKNOWN_OBJECT, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

KEYS = "Settings → Integrations → Service Keys"


class Help(Enum):
    """What helps after a failure."""

    SLOW_DOWN = auto()
    TOMORROW = auto()  # the day's calls are used up
    LATER = auto()
    TOKEN = auto()
    SET_UP = auto()
    ALONE = auto()  # records stand in each other's way: apart, and if that is not enough, later
    OTHER_DATA = auto()  # as it stands the record will never do


@dataclass(frozen=True, slots=True)
class Row:
    help: Help
    statuses: frozenset[int] = frozenset()  # empty: any
    words: frozenset[str] = frozenset()  # empty: any
    wait: float | None = None  # seconds, where HubSpot names none


def _row(help_: Help, *words: str, on: Iterable[int] = (), wait: float | None = None) -> Row:
    return Row(help_, frozenset(on), frozenset(words), wait)


NOWHERE = (*range(300, 400), 404, 405, 410)

TABLE = (
    _row(Help.TOKEN, on=[401]),
    _row(Help.TOKEN, "INVALID_AUTHENTICATION", "EXPIRED_AUTHENTICATION"),
    _row(Help.TOMORROW, "DAILY", on=[429]),
    _row(Help.SLOW_DOWN, on=[429], wait=1),  # a rolling window: a tenth of it is free again after a second
    _row(Help.SLOW_DOWN, "RATE_LIMITS", "RATE_LIMIT", wait=1),
    _row(Help.SET_UP, "MISSING_SCOPES"),
    _row(Help.SET_UP, NOT_JSON, on=NOWHERE),
    _row(Help.OTHER_DATA, on=[413, 414]),
    _row(Help.LATER, on=[423], wait=2),
    _row(Help.LATER, on=[477], wait=600),  # the account moves to another data centre; Retry-After may say up to 24 hours
    _row(Help.LATER, on=[408, 425, *range(500, 600)]),  # 520 to 526 come from the edge before HubSpot
    _row(Help.LATER, NOT_JSON),  # whatever the status: it speaks of no record of ours
    _row(Help.LATER, "INTERNAL_ERROR", "LOCKED"),
    _row(Help.SET_UP, on=[402, 403]),
    _row(Help.SET_UP, "PROPERTY_DOESNT_EXIST", NOT_UNIQUE, UNKNOWN_OBJECT),
    _row(Help.ALONE, "OBJECT_NOT_FOUND"),
    _row(Help.SET_UP, on=NOWHERE),
    _row(Help.ALONE, on=[409]),
    _row(Help.ALONE, "CONFLICT"),
)
"""The first row that fits counts; what fits none is OTHER_DATA."""

NO_ROW = Row(Help.OTHER_DATA)


class CallRefused(BatchRefused):
    """HubSpot refuses the call for something in it. Alone in its batch, the record is guilty of `fault`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code, fault.message, fault.field)
        self.fault = fault


class SetUpMissing(Misconfigured):
    """Misconfigured, with HubSpot's words for it."""

    def __init__(self, message: str, fault: Fault) -> None:
        super().__init__(message)
        self.fault = fault


def find_row(fault: Fault) -> Row:
    fitting = (row for row in TABLE if (not row.statuses or fault.status in row.statuses) and (not row.words or row.words & fault.words))
    return next(fitting, NO_ROW)


def call_error(fault: Fault, retry_after: float | None = None) -> ConnectorError:
    """Make what a call that failed as a whole raises."""
    row = find_row(fault)
    told = f"{fault.code}: {fault.message}"
    wait = retry_after if retry_after is not None else row.wait
    match row.help:
        case Help.SLOW_DOWN | Help.TOMORROW:
            return Throttled(told, wait, daily=row.help is Help.TOMORROW)
        case Help.LATER:
            return Unavailable(told, wait)
        case Help.TOKEN:
            return AuthFailed(f"HubSpot refuses the access token ({told}). Make or rotate it at {KEYS} and set access_token.")
        case Help.SET_UP:
            return SetUpMissing(_set_up(fault), fault)
        case _:
            return CallRefused(fault)


def record_outcome(fault: Fault) -> Outcome:
    """Say what becomes of one record that failed, in a batch that went through or alone. Raises what concerns all records."""
    row = find_row(fault)
    match row.help:
        case Help.OTHER_DATA:
            return Refused(fault.code, fault.message, fault.field)
        case Help.TOKEN | Help.SET_UP:
            raise call_error(fault)
        case _:
            return Retry(f"{fault.code}: {fault.message}", row.wait)


def _set_up(fault: Fault) -> str:
    """Say what is missing and where to make it, in the words of HubSpot's own menus."""
    if "MISSING_SCOPES" in fault.words:
        return f"The token lacks {', '.join(fault.scopes) or 'a scope'}. Add it at {KEYS} → the key → Scopes."
    if "PROPERTY_DOESNT_EXIST" in fault.words:
        name = fault.field or fault.message
        return f"HubSpot has no property {name!r}. Create it with `aom-gateway provision`, or at Settings → Properties."
    if NOT_UNIQUE in fault.words:
        return f"{fault.field or 'The key property'} is not unique ({fault.message}). `aom-gateway provision` tells what helps."
    if UNKNOWN_OBJECT in fault.words:
        return f"HubSpot has no such object ({fault.message}). See Settings → Objects → Custom Objects for its name."
    if fault.status == 403:  # noqa: PLR2004
        return f"HubSpot does not permit this ({fault.code}: {fault.message}). See {KEYS} → the key → Scopes."
    return f"HubSpot has nothing there ({fault.code}: {fault.message}). Are base_url and api_version right?"


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read the seconds that a `Retry-After` header names, in either of its two forms."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):  # TypeError: a date without a zone
        return None
