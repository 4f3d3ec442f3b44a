"""Every error that a row can get has what helps, and all errors of a row are read."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import Misconfigured, Outcome, Refused, Retry, Throttled
from connectors.error_rules import ErrorOutcome
from connectors.salesforce.error_table import TABLE, rule_of
from tests.connectors.salesforce.opening import person, run
from tests.fakes.salesforce import FakeSalesforce

WRITE = "PATCH /composite/sobjects/Contact"


def row_error(code: str, message: str = "as Salesforce says", *fields: str) -> dict[str, Any]:
    return {"statusCode": code, "message": message, "fields": list(fields)}


def refused_row(fake: FakeSalesforce, *errors: dict[str, Any]) -> Outcome:
    """Give what becomes of a row that Salesforce refuses with these errors."""
    fake.fault(WRITE, status=200, body=[{"success": False, "errors": list(errors)}])
    return run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))[0]


# "SOAP API Developer Guide", StatusCode: what an insert or update of a record can get
@pytest.mark.parametrize(
    ("outcome", "codes"),
    [
        (
            ErrorOutcome.RETRY,
            "UNABLE_TO_LOCK_ROW COLLISION_DETECTED ENTITY_IS_LOCKED ALREADY_IN_PROCESS",
        ),
        (
            ErrorOutcome.UNAVAILABLE,
            "SERVER_UNAVAILABLE QUERY_TIMEOUT UNKNOWN_EXCEPTION INTERNAL_ERROR",
        ),
        (ErrorOutcome.FULL, "STORAGE_LIMIT_EXCEEDED"),
        (
            ErrorOutcome.TRANSACTION,
            (
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY CANNOT_EXECUTE_FLOW_TRIGGER "
                "FLOW_EXCEPTION APEX_ERROR LIMIT_EXCEEDED "
                "CUSTOM_APEX_ERROR MIXED_DML_OPERATION PROCESSING_HALTED "
                "ALL_OR_NONE_OPERATION_ROLLED_BACK MAX_DEPTH_IN_FLOW_EXECUTION"
            ),
        ),
        (
            ErrorOutcome.SET_UP,
            (
                "INVALID_FIELD INVALID_FIELD_FOR_INSERT_UPDATE FIELD_NOT_UPDATABLE "
                "INVALID_TYPE LICENSE_LIMIT_EXCEEDED "
                "FUNCTIONALITY_NOT_ENABLED REQUIRED_FEATURE_MISSING "
                "INVALID_READ_ONLY_USER_DML PACKAGE_LICENSE_REQUIRED"
            ),
        ),
        (
            ErrorOutcome.ACCESS,
            "INSUFFICIENT_ACCESS_OR_READONLY INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        ),
        (ErrorOutcome.GONE, "ENTITY_IS_DELETED INVALID_CROSS_REFERENCE_KEY MALFORMED_ID"),
        (ErrorOutcome.TAKEN, "DUPLICATE_VALUE"),
        (
            ErrorOutcome.RECORD,
            (
                "REQUIRED_FIELD_MISSING STRING_TOO_LONG NUMBER_OUTSIDE_VALID_RANGE "
                "FIELD_CUSTOM_VALIDATION_EXCEPTION "
                "FIELD_INTEGRITY_EXCEPTION FIELD_FILTER_VALIDATION_EXCEPTION "
                "INVALID_EMAIL_ADDRESS INVALID_CURRENCY_ISO "
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST DUPLICATES_DETECTED "
                "DUPLICATE_EXTERNAL_ID INACTIVE_OWNER_OR_USER "
                "INVALID_STATUS TRANSFER_REQUIRES_READ DELETE_FAILED DEPENDENCY_EXISTS "
                "ENTITY_IS_ARCHIVED "
                "CANNOT_UPDATE_CONVERTED_LEAD SELF_REFERENCE_FROM_TRIGGER CIRCULAR_DEPENDENCY"
            ),
        ),
    ],
)
def test_documented_codes_have_what_helps(outcome: ErrorOutcome, codes: str) -> None:
    """The code alone decides where the message says nothing more."""
    assert {code: rule_of(code, "no words").outcome for code in codes.split()} == dict.fromkeys(
        codes.split(), outcome
    )


def test_no_code_stands_twice_with_nothing_to_tell_it_by() -> None:
    """A rule behind one that takes all of a code would never count."""
    seen: set[tuple[str, frozenset[int]]] = set()
    for rule in TABLE:
        assert not seen & {(code, rule.statuses) for code in rule.codes}
        if not rule.words:
            seen |= {(code, rule.statuses) for code in rule.codes}


@pytest.mark.parametrize(
    "message",
    [
        "unable to obtain exclusive access to this record or 2 records: 001000000000009AAA",
        (
            "Record Currently Unavailable: The record you are attempting to edit, or one of "
            "its related records, is currently being "
            "modified by another user. Please try again."
        ),
        (
            "ContactTrigger: execution of AfterInsert caused by: System.DmlException: Update "
            "failed. first error: UNABLE_TO_LOCK_ROW"
        ),
    ],
)
@pytest.mark.parametrize(
    "code",
    ["FIELD_CUSTOM_VALIDATION_EXCEPTION", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "UNKNOWN_NEW"],
)
def test_words_that_say_a_lock_are_a_lock(fake: FakeSalesforce, code: str, message: str) -> None:
    """Whatever code a trigger or a flow wraps them in: the row comes again."""
    outcome = refused_row(fake, row_error(code, message))
    assert isinstance(outcome, Retry)
    assert message in outcome.reason


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "Rollup: System.LimitException: Apex CPU time limit exceeded",
        ),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Too many SOQL queries: 101"),
        (
            "UNKNOWN_NEW",
            "Too many batch retries in the presence of Apex triggers and partial failures.",
        ),
        (
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            "We can't save this record because the “Welcome” process failed.",
        ),
    ],
)
def test_words_of_the_transaction_leave_the_row_its_innocence(
    fake: FakeSalesforce, code: str, message: str
) -> None:
    """The gateway makes the call smaller; only alone a row is guilty."""
    assert refused_row(fake, row_error(code, message)) == Refused(code, message, transaction=True)


def test_our_own_key_held_by_another_call_comes_again(fake: FakeSalesforce) -> None:
    """Another call, or an earlier one that was not answered, inserts it now: with or without the
    field's name.
    """
    named = (
        "duplicate value found: AOM_Key__c duplicates value on record with id: 003000000000001AAA"
    )
    unnamed = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
    for message in (named, unnamed, "Duplicate external id specified: ada@example.test"):
        outcome = refused_row(fake, row_error("DUPLICATE_VALUE", message))
        assert isinstance(outcome, Retry), message
        assert "may not see" in outcome.reason


def test_another_unique_value_that_is_taken_is_refused(fake: FakeSalesforce) -> None:
    """A unique field of the org's own, held by another record, does not come free by waiting."""
    message = (
        "duplicate value found: Student_Number__c duplicates value on record with id: "
        "003000000000001AAA"
    )
    assert refused_row(fake, row_error("DUPLICATE_VALUE", message, "Student_Number__c")) == Refused(
        "DUPLICATE_VALUE", message, "Student_Number__c"
    )


def test_an_approval_is_waited_for(fake: FakeSalesforce) -> None:
    """It ends by itself; the words say what is waited for, and the wait is no rush."""
    outcome = refused_row(fake, row_error("ENTITY_IS_LOCKED", "This record is locked."))
    assert isinstance(outcome, Retry)
    assert "approval" in outcome.reason
    assert outcome.after == 900
    assert outcome.give_up_after == 86_400


def test_an_unknown_code_comes_again_in_its_own_words(fake: FakeSalesforce) -> None:
    """Salesforce adds codes with every release: nobody is dead for one that the table does not
    hold.
    """
    assert refused_row(fake, row_error("SOMETHING_NEW", "The moon is full.")) == Retry(
        "SOMETHING_NEW: The moon is full."
    )


@pytest.mark.parametrize("turned", [False, True])
def test_all_errors_of_a_row_are_read(fake: FakeSalesforce, *, turned: bool) -> None:
    """The one that waiting does not mend decides, wherever it stands; the words of all are told."""
    errors = [
        row_error("UNABLE_TO_LOCK_ROW", "locked"),
        row_error("INVALID_EMAIL_ADDRESS", "no address", "Email"),
    ]
    outcome = refused_row(fake, *(reversed(errors) if turned else errors))
    assert outcome == Refused(
        "INVALID_EMAIL_ADDRESS", "no address; UNABLE_TO_LOCK_ROW: locked", "Email"
    )


def test_set_up_goes_before_a_fault_of_the_row(fake: FakeSalesforce) -> None:
    """Where a field is hidden, no row is to blame for anything else before that is mended."""
    hidden = row_error(
        "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: AOM_Id__c.", "AOM_Id__c"
    )
    with pytest.raises(Misconfigured, match="let the run-as user edit the field"):
        refused_row(fake, row_error("STRING_TOO_LONG", "too long", "LastName"), hidden)


def test_full_storage_pauses_for_the_day(fake: FakeSalesforce) -> None:
    """Nothing dies of it; the words say where space is freed."""
    with pytest.raises(Throttled, match="Storage Usage") as raised:
        refused_row(fake, row_error("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded"))
    assert raised.value.daily


def test_an_encrypted_email_has_a_remedy_of_its_own(fake: FakeSalesforce) -> None:
    """People are found by it: the field is there, but can't be filtered by."""
    body = [
        {
            "errorCode": "INVALID_FIELD",
            "message": "field 'Email' can not be filtered in a query call",
        }
    ]
    fake.fault("GET /query", status=400, body=body)
    with pytest.raises(
        Misconfigured, match="deterministic and case-insensitive: Setup → Encryption Policy"
    ):
        run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))
