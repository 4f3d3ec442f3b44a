"""Reading error bodies, of which no part can be relied on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.http import read_json
from connectors.hubspot.error_body import NOT_JSON, NOT_UNIQUE, UNKNOWN_OBJECT, read_error

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "category",
                    "message",
                    "errors",
                    "context",
                    "code",
                    "name",
                    "in",
                    "links",
                    "propertyName",
                ]
            ),
            inner,
        )
    ),
    max_leaves=10,
)


def test_a_list_inside_the_message_is_read() -> None:
    """Validation errors carry JSON in their text: its words, codes and names count, not the whole
    of it.
    """
    item = {
        "isValid": False,
        "message": "x was not one of the allowed options",
        "error": "INVALID_OPTION",
        "name": "dealstage",
    }
    fault = read_error(
        {
            "category": "VALIDATION_ERROR",
            "message": f"Property values were not valid: {json.dumps([item])}",
        },
        400,
    )
    assert (fault.code, fault.message, fault.field) == (
        "INVALID_OPTION",
        "x was not one of the allowed options",
        "dealstage",
    )


def test_details_are_read() -> None:
    """`errors` tell more than the message: several are joined, the first names code and field."""
    details = [
        {
            "code": "INVALID_EMAIL",
            "message": "a is invalid",
            "context": {"propertyName": ["email"]},
        },
        {"code": "INVALID_OPTION", "message": "b is invalid", "in": "stage"},
    ]
    fault = read_error(
        {"category": "VALIDATION_ERROR", "message": "see errors", "errors": details}, 400
    )
    assert (fault.code, fault.message, fault.field) == (
        "INVALID_EMAIL",
        "a is invalid; b is invalid",
        "email",
    )
    assert {"INVALID_EMAIL", "INVALID_OPTION", "VALIDATION_ERROR"} <= fault.words


def test_a_scope_of_one_word_is_one() -> None:
    """`e-commerce`, and the older names with hyphens alone."""
    body = {
        "category": "MISSING_SCOPES",
        "context": {"requiredGranularScopes": ["e-commerce", "contacts-write"]},
    }
    assert read_error(body, 403).scopes == ("e-commerce", "contacts-write")


@pytest.mark.parametrize(
    "context",
    [
        {"requiredGranularScopes": ["crm.objects.deals.write"]},
        {"missingScopes": "{missingScopes=[crm.objects.deals.write]}"},
    ],
)
def test_scopes_are_found_wherever_they_stand(context: dict[str, Any]) -> None:
    """In the context of the whole or of a detail, as a list or as text."""
    assert read_error(
        {"category": "MISSING_SCOPES", "errors": [{"message": "m", "context": context}]}, 403
    ).scopes == ("crm.objects.deals.write",)
    assert read_error({"category": "MISSING_SCOPES", "context": context}, 403).scopes == (
        "crm.objects.deals.write",
    )


@pytest.mark.parametrize(
    ("message", "word", "field"),
    [
        (
            (
                "Unable to perform update/upsert by non-unique 0-3 property order_number in "
                "portal ID 4711"
            ),
            NOT_UNIQUE,
            "order_number",
        ),
        ("Unable to infer object type from: p_enrollment", UNKNOWN_OBJECT, None),
        ('Property "aom_id" does not exist', "PROPERTY_DOESNT_EXIST", "aom_id"),
    ],
)
def test_some_failures_are_told_by_their_text_alone(
    message: str, word: str, field: str | None
) -> None:
    """HubSpot gives them no code of their own."""
    fault = read_error({"category": "VALIDATION_ERROR", "message": message}, 400)
    assert word in fault.words
    assert fault.field == field


def test_an_existing_contact_is_named_by_an_address_only() -> None:
    """Only the clash of an e-mail address names a contact that may be written to instead."""
    assert (
        read_error(
            {"category": "CONFLICT", "message": "Contact already exists. Existing ID: 12"}, 409
        ).existing_id
        == "12"
    )
    assert (
        read_error(
            {"category": "CONFLICT", "message": "Value already taken. Existing ID: 12"}, 409
        ).existing_id
        is None
    )


def test_long_words_are_cut() -> None:
    """An unknown option is answered with all known ones; that is no text for an operator."""
    assert len(read_error({"message": "x" * 10_000}, 400).message) == 500


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"\xff", b'{"a":', b"null", b"[1]"])
def test_what_is_no_object_is_not_json(body: bytes) -> None:
    """Nothing is read out of what HubSpot's API did not write."""
    fault = read_error(read_json(body), 502)
    assert fault.words == {NOT_JSON}
    assert fault.code == "HTTP_502"


@settings(deadline=None)
@given(JSON)
def test_any_json_is_read(data: Any) -> None:
    """Whatever shape it has, there is a code and a message."""
    fault = read_error(data, 400)
    assert fault.code
    assert fault.message
