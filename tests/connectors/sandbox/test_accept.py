"""What the sandbox refuses, and in which words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import Append, Record, Refused
from connectors.sandbox.accept import SandboxRow, accept_records
from connectors.sandbox.settings import RefuseRule
from tests.connectors.sandbox.opening import contact


def judge(
    record: Record, *rules: RefuseRule, key_field: str | None = "email"
) -> SandboxRow | Refused:
    (verdict,) = accept_records([record], key_field, rules)
    return verdict


def test_a_good_record_becomes_a_row() -> None:
    """The key of a contact is trimmed and lower-cased, and stands in its field."""
    record = Record("contact", " Ada@Example.Test ", {"name": "Ada"})
    assert judge(record) == SandboxRow(
        "ada@example.test", {"name": "Ada", "email": "ada@example.test"}
    )


def test_other_keys_stand_as_they_are() -> None:
    """Only e-mail keys are folded; without a key field the key stands for itself."""
    record = Record("deal", "Springfield-19", {})
    assert judge(record, key_field=None) == SandboxRow("Springfield-19", {})
    assert judge(record, key_field="order_key") == SandboxRow(
        "Springfield-19", {"order_key": "Springfield-19"}
    )


@pytest.mark.parametrize(
    ("record", "code", "field"),
    [
        (Record("contact", "nobody", {}), "INVALID_EMAIL", "email"),
        (Record("contact", "", {}), "INVALID_KEY", "email"),
        (Record("contact", "a\0@b.test", {}), "INVALID_KEY", "email"),
        (Record("contact", "x" * 300, {}), "INVALID_KEY", "email"),
        (contact("ada", **{"first name": "Ada"}), "INVALID_FIELD", "first name"),
        (contact("ada", age=Decimal("NaN")), "INVALID_VALUE", "age"),
        (contact("ada", age=1.5), "INVALID_VALUE", "age"),  # type: ignore[arg-type]
    ],
)
def test_a_bad_record_is_refused(record: Record, code: str, field: str) -> None:
    """A refusal has a code and names the field, as a CRM's has."""
    verdict = judge(record)
    assert isinstance(verdict, Refused)
    assert (verdict.code, verdict.field) == (code, field)


def test_a_key_twice_in_a_batch_is_refused_both_times() -> None:
    """As Salesforce does: which of two should win is not guessed; the rest of the batch goes on."""
    records = [contact("ada"), contact("bob"), Record("contact", "ADA@example.test", {})]
    codes = [
        verdict.code if isinstance(verdict, Refused) else verdict.key
        for verdict in accept_records(records, "email", ())
    ]
    assert codes == ["DUPLICATE_KEY", "bob@example.test", "DUPLICATE_KEY"]


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ({}, True),
        ({"object": "contact"}, True),
        ({"object": "deal"}, False),
        ({"pattern": r"@example\.test$"}, True),
        ({"pattern": "^example"}, False),
        ({"value": "ada@example.test"}, True),
        ({"object": "contact", "field": "email", "pattern": r"@example\.test$"}, True),
        ({"field": "email", "value": "bob@example.test"}, False),
        ({"field": "city"}, True),
        ({"field": "country"}, False),
        ({"field": "city", "value": "London"}, True),
        ({"field": "city", "value": "Lon"}, False),
        ({"field": "city", "pattern": "^Lon"}, True),
        ({"field": "amount", "value": "9.90"}, True),
        ({"field": "paid", "value": "true"}, True),
        ({"field": "courses", "value": "Logic"}, True),
        ({"field": "courses", "value": "Logics"}, False),
    ],
)
def test_rules_refuse_what_they_describe(rule: dict[str, Any], refused: bool) -> None:
    """A rule looks at the key or at a field, for a value, a pattern or anything, and answers with
    its code and words.
    """
    record = contact(
        "ada",
        city="London",
        amount=Decimal("9.90"),
        paid=True,
        courses=Append(("Algebra", "Logic")),
    )
    verdict = judge(record, RefuseRule(**rule, code="NO", message="not today"))
    assert (
        verdict == Refused("NO", "not today", rule.get("field"))
        if refused
        else isinstance(verdict, SandboxRow)
    )


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"pattern": "("}, "is no regular expression"),
        ({"value": "a", "pattern": "a"}, "not both"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_a_rule_that_means_nothing_is_a_fault_of_the_configuration(
    rule: dict[str, Any], words: str
) -> None:
    """It is found when the configuration is read, not when a record comes."""
    with pytest.raises(ValidationError, match=words):
        RefuseRule(**rule)
