"""What helps after each of HubSpot's failures, of records and of whole calls: one table from status
and words.

Sources: HubSpot's "Error handling" and "API usage guidelines" pages, unless a rule says otherwise.
"""

from __future__ import annotations

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
FORBIDDEN = (402, 403)
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
    error_rule(_O.SET_UP, statuses=FORBIDDEN, remedy=f"See the scopes of the key, at {KEYS}."),
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


def rule_of(fault: HubSpotError) -> ErrorRule:
    """Give the rule of the table that a failure falls under."""
    return find_rule(TABLE, fault.words, fault.status, fault.message) or OTHERWISE
