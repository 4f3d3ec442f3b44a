"""What helps after each of the CRM's error codes; the first rule that fits counts.

What fits none is judged by its HTTP status (`connectors.http.HTTP_RULES`), and tried again where
that says nothing either.
"""

from connectors.error_rules import ErrorOutcome, error_rule

RULES = (
    error_rule(
        ErrorOutcome.CREDENTIALS,
        statuses=[401],
        remedy="make a token at Settings → API, and set api_token",
    ),
    error_rule(
        ErrorOutcome.SET_UP,
        "UNKNOWN_FIELD",
        remedy="create it with `aom-gateway provision`, or at Settings → Fields",
    ),
    error_rule(ErrorOutcome.SET_UP, "UNKNOWN_OBJECT", remedy="see Settings → Objects for its name"),
    error_rule(ErrorOutcome.TAKEN, "DUPLICATE"),
    error_rule(ErrorOutcome.GONE, "NOT_FOUND"),
    error_rule(ErrorOutcome.RECORD, "INVALID_VALUE"),
)
