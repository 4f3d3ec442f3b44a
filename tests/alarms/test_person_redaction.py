"""What of a CRM's words may go into a chat room."""

from __future__ import annotations

import pytest

from receiver.alarms.person_redaction import LONGEST, PersonRedaction, comparable_reason

PRIVACY = PersonRedaction(["s3cret-token"], {"dealstage", "AOM_Key__c"})


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            "email: Ann.O'Neil+x@example.edu is no address (INVALID_EMAIL)",
            "[address] is no address (INVALID_EMAIL)",
        ),
        ("the contact 'Maria Silva' exists", "the contact “…” exists"),
        (
            'Value "Zoë" for "dealstage" isn\'t one of its options',
            'Value “…” for "dealstage" isn\'t one of its options',
        ),
        ("phone: +1 (555) 123-4567 is too long", "phone: # is too long"),
        ("order 20261234 of 2026-05-04 failed: HTTP 503", "order # of # failed: HTTP 503"),
        ("the token s3cret-token is wrong", "the token *** is wrong"),
        ("two\nlines\u202e and \u0000 more", "two lines\\u202e and \\u0000 more"),
        (
            "AOM_Key__c: required field is missing (REQUIRED_FIELD_MISSING)",
            "AOM_Key__c: required field is missing (REQUIRED_FIELD_MISSING)",
        ),
    ],
)
def test_only_words_are_told(reason: str, told: str) -> None:
    """No address, no quoted value, no long number, no secret; names of fields stay, since they say
    what to mend.
    """
    assert PRIVACY.redact_reason(reason).endswith(told)
    assert "Ann" not in PRIVACY.redact_reason(reason)


def test_a_reason_is_bounded() -> None:
    """A CRM may answer with a page of HTML."""
    assert len(PRIVACY.redact_reason("x " * 1_000_000)) == LONGEST
    assert PRIVACY.redact_reason("x" * 1_000_000) == ""


def test_no_half_of_an_address_is_left_by_the_bound() -> None:
    """Wherever it cuts."""
    for start in range(4 * LONGEST):
        assert "ann" not in PRIVACY.redact_reason(" " * start + "ann.lee@example.edu")


def test_reasons_that_differ_by_numbers_are_alike() -> None:
    """They are one cause."""
    assert comparable_reason(PRIVACY.redact_reason("record 17 is locked")) == comparable_reason(
        PRIVACY.redact_reason("record 4711 is locked")
    )
    assert comparable_reason(PRIVACY.redact_reason("record 17 is locked")) != comparable_reason(
        PRIVACY.redact_reason("record 17 is gone")
    )
