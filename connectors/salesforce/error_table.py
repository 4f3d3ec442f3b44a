"""What helps after each of Salesforce's error codes, for rows and for whole calls.

Sources: the "SOAP API Developer Guide" (StatusCode, ExceptionCode), the "REST API Developer Guide"
(status codes), the "Apex Developer Guide" (Trigger Exceptions, Execution Governors and Limits), and
what users of real orgs report. Codes of metadata, of mails and of chatter, which no write of
records can get, are left out.

A row's code that stands in no rule is retried, and its words are kept: Salesforce adds codes with
every release.
"""

from __future__ import annotations

from connectors.error_rules import ErrorOutcome as Outcome
from connectors.error_rules import ErrorRule, error_rule, find_rule

NOT_SALESFORCES = "not Salesforce's"
"""Stands in for the code of an answer without one of Salesforce's own: of a proxy, an edge, a
page.
"""

CALLS_COUNT_FALLS = 900.0  # seconds; the day is the last 24 hours, so the count falls bit by bit
STORAGE_IS_FREED = 3600.0  # by hand
APPROVALS_END = 900.0
APPROVAL_TAKES = 86_400.0  # seconds, at most, that a record is waited for

FIELDS = "Setup → Object Manager → (the object) → Fields & Relationships"
PERMISSIONS = "Setup → Permission Sets → (the gateway's) → Object Settings"
STORAGE = "free space at Setup → Storage Usage"
LICENCE = (
    "give the run-as user the licence that this needs: Setup → Users → (the user) → Permission "
    "Set License Assignments"
)
DOMAIN = "Setup → My Domain → Current My Domain URL"
ENCRYPTION = "it is encrypted, and people are found by it"
ENCRYPTION_POLICY = "make that deterministic and case-insensitive: Setup → Encryption Policy"
UNSEEN = (
    "another call writes it now, or a record that the run-as user may not see has this key: see "
    "its sharing"
)

LOCKS = (
    "UNABLE_TO_LOCK_ROW",
    "unable to obtain exclusive access",
    "Record Currently Unavailable",
    "is currently being modified by another user",
)
"""Say a lock, whatever the code: triggers and flows wrap it in codes of their own."""

LIMITS = (
    "Apex CPU time limit",
    "Too many SOQL queries",
    "Too many SOSL queries",
    "Too many query rows",
    "Too many DML",
    "Apex heap size",
    "Maximum trigger depth",
    "Too many batch retries",
    "System.LimitException",
)
"""Governor limits: they count for the whole call, so that fewer rows may keep them."""

TABLE: tuple[ErrorRule, ...] = (
    # passing, by the words or by the code
    error_rule(Outcome.RETRY, words=LOCKS),
    error_rule(
        Outcome.RETRY,
        "UNABLE_TO_LOCK_ROW",
        "COLLISION_DETECTED",
        "ALREADY_IN_PROCESS",
        "RECORD_IN_USE_BY_WORKFLOW",
        "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE",
        "OPERATION_ENQUEUED",
    ),
    error_rule(
        Outcome.RETRY,
        "ENTITY_IS_LOCKED",
        remedy="it is locked by an approval, and written when that ends",
        wait=APPROVALS_END,
        give_up_after=APPROVAL_TAKES,
    ),
    # the parent may come yet
    error_rule(Outcome.RETRY, "INVALID_FIELD", words=["Foreign key external ID"]),
    error_rule(
        Outcome.UNAVAILABLE,
        "SERVER_UNAVAILABLE",
        "UNKNOWN_EXCEPTION",
        "INTERNAL_ERROR",
        "QUERY_TIMEOUT",
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        "MATCH_SERVICE_ERROR",
        "MATCH_SERVICE_TIMED_OUT",
        "MATCH_SERVICE_UNAVAILABLE_ERROR",
        "MATCH_RUNTIME_ERROR",
        "FIND_DUPLICATES_ERROR",
        "CLEAN_SERVICE_ERROR",
        "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE",
        "PLATFORM_EVENT_PUBLISH_FAILED",
    ),
    # full
    error_rule(
        Outcome.FULL, "REQUEST_LIMIT_EXCEEDED", words=["TotalRequests"], wait=CALLS_COUNT_FALLS
    ),
    error_rule(Outcome.UNAVAILABLE, "REQUEST_LIMIT_EXCEEDED"),  # too many calls at once
    error_rule(Outcome.FULL, "STORAGE_LIMIT_EXCEEDED", remedy=STORAGE, wait=STORAGE_IS_FREED),
    # the transaction
    error_rule(Outcome.TRANSACTION, words=LIMITS),
    error_rule(
        Outcome.TRANSACTION,
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "FLOW_EXCEPTION",
        "MAX_DEPTH_IN_FLOW_EXECUTION",
        "APEX_ERROR",
        "CUSTOM_APEX_ERROR",
        "APEX_DATA_ACCESS_RESTRICTION",
        "LIMIT_EXCEEDED",
        "MAX_LIMIT_EXCEEDED",
        "MIXED_DML_OPERATION",
        "REQUEST_RUNNING_TOO_LONG",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "PROCESSING_HALTED",
        "INVALID_BATCH_OPERATION",
    ),
    # set-up
    error_rule(
        Outcome.SET_UP,
        "INVALID_FIELD",
        words=["can not be filtered"],
        remedy=f"{ENCRYPTION}; {ENCRYPTION_POLICY}",
    ),
    error_rule(
        Outcome.SET_UP,
        "INVALID_FIELD",
        remedy=f"create the field or make it visible: {FIELDS}, or `aom-gateway provision`",
    ),
    error_rule(
        Outcome.SET_UP,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "FIELD_NOT_UPDATABLE",
        "REL_FIELD_BAD_ACCESSIBILITY",
        remedy=f"let the run-as user edit the field: {PERMISSIONS}",
    ),
    error_rule(
        Outcome.SET_UP,
        "INVALID_TYPE",
        "INVALID_TYPE_FOR_OPERATION",
        "INVALID_ENTITY_FOR_UPSERT",
        remedy=f"create the object, or let the run-as user see it: {PERMISSIONS}",
    ),
    error_rule(
        Outcome.SET_UP,
        "NOT_FOUND",
        remedy=f"create the object or its key field, or let the run-as user see it: {PERMISSIONS}",
    ),
    error_rule(
        Outcome.SET_UP,
        "API_DISABLED_FOR_ORG",
        remedy="the org's edition needs API access, and the run-as user the permission API Enabled",
    ),
    error_rule(
        Outcome.SET_UP,
        "API_CURRENTLY_DISABLED",
        remedy="the run-as user needs the permission API Enabled",
    ),
    error_rule(
        Outcome.SET_UP,
        "FUNCTIONALITY_NOT_ENABLED",
        "REQUIRED_FEATURE_MISSING",
        "PACKAGE_DISABLED",
        remedy="the org's edition or a package lacks this",
    ),
    error_rule(
        Outcome.SET_UP,
        "UNSUPPORTED_API_VERSION",
        remedy="set `api_version` to one that the org supports",
    ),
    error_rule(
        Outcome.SET_UP,
        "LICENSE_LIMIT_EXCEEDED",
        "PACKAGE_LICENSE_REQUIRED",
        "INVALID_PACKAGE_LICENSE",
        "INVALID_READ_ONLY_USER_DML",
        "OP_WITH_INVALID_USER_TYPE_EXCEPTION",
        "PORTAL_NO_ACCESS",
        remedy=LICENCE,
    ),
    error_rule(
        Outcome.SET_UP, "MALFORMED_QUERY", remedy="this is the gateway's fault: please report it"
    ),
    error_rule(
        Outcome.ACCESS,
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        remedy=PERMISSIONS,
    ),
    # the record's place
    error_rule(Outcome.GONE, "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"),
    error_rule(Outcome.TAKEN, "DUPLICATE_VALUE"),
    # the record itself
    error_rule(
        Outcome.RECORD,
        "REQUIRED_FIELD_MISSING",
        "STRING_TOO_LONG",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "FIELD_INTEGRITY_EXCEPTION",
        "FIELD_FILTER_VALIDATION_EXCEPTION",
        "RELATED_ENTITY_FILTER_VALIDATION_EXCEPTION",
        "FIELD_MODERATION_RULE_BLOCK",
        "TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET",
        "INVALID_EMAIL_ADDRESS",
        "EMAIL_ADDRESS_BOUNCED",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_CURRENCY_ISO",
        "INVALID_STATUS",
        "INVALID_OPERATION",
        "INVALID_ID_FIELD",
        "INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "INVALID_ARGUMENT_TYPE",
        "INVALID_INPUT",
        "INVALID_OWNER",
        "INVALID_PERSON_ACCOUNT_OPERATION",
        "INACTIVE_OWNER_OR_USER",
        "INVALID_USERID",
        "DUPLICATES_DETECTED",
        "DUPLICATE_EXTERNAL_ID",
        "MULTIPLE_CHOICES",
        "JSON_PARSER_ERROR",
        "MISSING_ARGUMENT",
        "MISSING_RECORD",
        "CANNOT_REPARENT_RECORD",
        "CANNOT_UPDATE_CONVERTED_LEAD",
        "CHILD_SHARE_FAILS_PARENT",
        "CIRCULAR_DEPENDENCY",
        "CUSTOM_CLOB_FIELD_LIMIT_EXCEEDED",
        "DELETE_FAILED",
        "DELETE_NOT_ALLOWED",
        "DELETE_REQUIRED_ON_CASCADE",
        "DEPENDENCY_EXISTS",
        "ENTITY_IS_ARCHIVED",
        "ENTITY_SAVE_ERROR",
        "ENTITY_SAVE_VALIDATION_ERROR",
        "MANAGER_NOT_DEFINED",
        "NO_APPLICABLE_PROCESS",
        "PRIVATE_CONTACT_ON_ASSET",
        "SELF_REFERENCE_FROM_TRIGGER",
        "SHARE_NEEDED_FOR_CHILD_OWNER",
        "TRANSFER_REQUIRES_READ",
        "UNDELETE_FAILED",
        "WEBLINK_SIZE_LIMIT_EXCEEDED",
        "EXCEEDED_MAX_SIZE_REQUEST",
        "PAYLOAD_SIZE_EXCEEDED",
    ),
    # answers that are not Salesforce's
    error_rule(Outcome.RECORD, NOT_SALESFORCES, statuses=[413, 414, 431]),
    error_rule(Outcome.SLOW_DOWN, NOT_SALESFORCES, statuses=[429], wait=60),
    error_rule(Outcome.TIMED_OUT, NOT_SALESFORCES, statuses=[408, 504]),
    error_rule(Outcome.UNAVAILABLE, NOT_SALESFORCES, statuses=[*range(300), 425, *range(500, 600)]),
    error_rule(
        Outcome.SET_UP,
        NOT_SALESFORCES,
        statuses=range(300, 400),
        remedy=f"set domain to what stands at {DOMAIN}",
    ),
    error_rule(
        Outcome.SET_UP,
        NOT_SALESFORCES,
        remedy=f"see that domain is what stands at {DOMAIN}, and that no proxy answers instead",
    ),
)

UNKNOWN = error_rule(Outcome.RETRY)


def rule_of(code: str, message: str = "", status: int | None = None) -> ErrorRule:
    """Give the rule for an error of a row, or of a call with its status."""
    return find_rule(TABLE, [code], status, message) or UNKNOWN
