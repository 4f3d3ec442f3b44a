"""What HubSpot's failures mean: one table from status and words to what helps, and what it is
called in `connectors.base`.

Sources: HubSpot's "Error handling" and "API usage guidelines" pages, unless a rule says otherwise.
"""

from __future__ import annotations

from connectors.base import (
    AuthFailed,
    BatchRefused,
    ConnectorError,
    Misconfigured,
    Outcome,
    Refused,
    Retry,
    Throttled,
    TimedOut,
    Unavailable,
)
from connectors.error_rules import ErrorOutcome, ErrorRule, error_rule, find_rule
from connectors.hubspot.error_body import NOT_JSON, NOT_UNIQUE, UNKNOWN_OBJECT, HubSpotError

KEYS = (
    "Development → Keys → Service keys (in some accounts: Settings → Integrations → Service Keys)"
)

REQUIRED = "MISSING_REQUIRED_PROPERTY"
REQUIRED_IF = "MISSING_CONDITIONAL_REQUIRED_PROPERTY"

_NOWHERE = (*range(300, 400), 404, 405, 410)
_GATEWAY_TIMEOUTS = (
    504,
    524,
)  # HubSpot's edge waited in vain: what is behind it may be writing still
_FORBIDDEN = (402, 403)
_PROPERTIES = "Settings → Properties"

_O = ErrorOutcome
TABLE = (
    error_rule(_O.CREDENTIALS, statuses=[401]),
    error_rule(_O.CREDENTIALS, "INVALID_AUTHENTICATION", "EXPIRED_AUTHENTICATION"),
    error_rule(_O.FULL, "DAILY", statuses=[429]),
    # A rolling window: a tenth of it is free again after a second.
    error_rule(_O.SLOW_DOWN, statuses=[429], wait=1),
    error_rule(_O.SLOW_DOWN, "RATE_LIMITS", "RATE_LIMIT", wait=1),
    error_rule(_O.SET_UP, "MISSING_SCOPES", remedy=f"Add it to the scopes of the key, at {KEYS}."),
    error_rule(
        _O.SET_UP, NOT_JSON, statuses=_NOWHERE, remedy="Are base_url and api_version right?"
    ),
    error_rule(_O.RECORD, statuses=[413, 414]),
    error_rule(_O.UNAVAILABLE, statuses=[423], wait=2),
    # The account moves to another data centre; Retry-After may say up to 24 hours.
    error_rule(_O.UNAVAILABLE, statuses=[477], wait=600),
    error_rule(_O.TIMED_OUT, statuses=_GATEWAY_TIMEOUTS),
    # 520 to 526 come from the edge before HubSpot.
    error_rule(_O.UNAVAILABLE, statuses=[408, 425, *range(500, 600)]),
    # Whatever the status: it speaks of no record of ours.
    error_rule(_O.UNAVAILABLE, NOT_JSON),
    error_rule(_O.UNAVAILABLE, "INTERNAL_ERROR", "LOCKED"),
    error_rule(_O.SET_UP, statuses=_FORBIDDEN, remedy=f"See the scopes of the key, at {KEYS}."),
    # From version 2026-09 on; the same for every record that the rule is about.
    error_rule(_O.ACCOUNT_RULE, REQUIRED, REQUIRED_IF, wait=30),
    error_rule(
        _O.SET_UP,
        "PROPERTY_DOESNT_EXIST",
        remedy=f"Create it with `aom-gateway provision`, or at {_PROPERTIES}.",
    ),
    error_rule(
        _O.SET_UP,
        "READ_ONLY_VALUE",
        remedy=f"Let the mapping write another one, or look at {_PROPERTIES} what makes it "
        "read-only.",
    ),
    error_rule(_O.SET_UP, NOT_UNIQUE, remedy="`aom-gateway provision` tells what helps."),
    error_rule(
        _O.SET_UP, UNKNOWN_OBJECT, remedy="See Settings → Objects → Custom Objects for its name."
    ),
    error_rule(_O.GONE, "OBJECT_NOT_FOUND"),
    error_rule(_O.SET_UP, statuses=_NOWHERE, remedy="Are base_url and api_version right?"),
    error_rule(_O.APART, statuses=[409]),
    error_rule(_O.APART, "CONFLICT"),
)
"""What fits none says that the record will never do as it stands."""

OTHERWISE = error_rule(_O.RECORD)


class HubSpotCallRefused(BatchRefused):
    """HubSpot refuses the call for something in it.

    Alone in its batch, the record is guilty of `fault`.
    """

    def __init__(self, fault: HubSpotError) -> None:
        super().__init__(fault.code, fault.message, fault.field)
        self.fault = fault


class SetUpMissing(Misconfigured):
    """Misconfigured, with HubSpot's words for it."""

    def __init__(self, message: str, fault: HubSpotError) -> None:
        super().__init__(message)
        self.fault = fault


def rule_of(fault: HubSpotError) -> ErrorRule:
    """Give the rule of the table that a failure falls under."""
    return find_rule(TABLE, fault.words, fault.status, fault.message) or OTHERWISE


def call_error(fault: HubSpotError, retry_after: float | None = None) -> ConnectorError:
    """Make what a call that failed as a whole raises."""
    rule = rule_of(fault)
    said = f"{fault.code}: {fault.message}"
    wait = retry_after if retry_after is not None else rule.wait
    match rule.outcome:
        case _O.SLOW_DOWN | _O.FULL:
            return Throttled(said, wait, daily=rule.outcome is _O.FULL)
        case _O.TIMED_OUT:
            return TimedOut(said, wait)
        case _O.UNAVAILABLE:
            return Unavailable(said, wait)
        case _O.CREDENTIALS:
            remedy = f"Make or rotate it at {KEYS}, and set access_token."
            return AuthFailed(f"HubSpot refuses the access token ({said}). {remedy}")
        case _O.SET_UP:
            return SetUpMissing(f"{_missing(fault)} {rule.remedy}", fault)
        case _:
            return HubSpotCallRefused(fault)


def record_outcome(fault: HubSpotError) -> Outcome:
    """Say what becomes of one record that failed, in a batch that went through or alone.

    Raises what concerns all records.
    """
    rule = rule_of(fault)
    match rule.outcome:
        case _O.RECORD:
            return Refused(fault.code, fault.message, fault.field)
        case _O.CREDENTIALS | _O.SET_UP:
            raise call_error(fault)
        case _:
            return Retry(f"{fault.code}: {fault.message}", rule.wait)


def _missing(fault: HubSpotError) -> str:
    """Say what is missing in the account."""
    name, said = fault.field or fault.message, f"({fault.code}: {fault.message})"
    known = {
        "MISSING_SCOPES": f"The token lacks {', '.join(fault.scopes) or 'a scope'}.",
        "PROPERTY_DOESNT_EXIST": f"HubSpot has no property {name!r}.",
        "READ_ONLY_VALUE": f"HubSpot lets nobody write the property {name!r} (READ_ONLY_VALUE).",
        NOT_UNIQUE: f"{fault.field or 'The key property'} is not unique ({fault.message}).",
        UNKNOWN_OBJECT: f"HubSpot has no such object ({fault.message}).",
    }
    found = next((text for word, text in known.items() if word in fault.words), None)
    what = "does not permit this" if fault.status in _FORBIDDEN else "has nothing there"
    return found or f"HubSpot {what} {said}."
