"""From a failure of HubSpot's to the outcome of a record, or to what a call raises."""

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
from connectors.error_rules import ErrorOutcome
from connectors.hubspot.error_body import NOT_UNIQUE, UNKNOWN_OBJECT, HubSpotError
from connectors.hubspot.error_table import FORBIDDEN, KEYS, rule_of

_O = ErrorOutcome


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
            return SetUpMissing(f"{_describe_missing(fault)} {rule.remedy}", fault)
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


def _describe_missing(fault: HubSpotError) -> str:
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
    what = "does not permit this" if fault.status in FORBIDDEN else "has nothing there"
    return found or f"HubSpot {what} {said}."
