"""What the sandbox takes as a value, and how it keeps it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Append
from connectors.sandbox.values import Json, is_email, is_name, merge_fields, stored_value

NEW_YORK = timezone(timedelta(hours=-4))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("Ada", "Ada"),
        ("", ""),
        (True, True),
        (220, 220),
        (Decimal("110.00"), "110.00"),
        (Decimal("1E+3"), "1000"),
        (date(2020, 8, 11), "2020-08-11"),
        (datetime(2020, 8, 11, 16, 58, tzinfo=NEW_YORK), "2020-08-11T16:58:00-04:00"),
        (Append(("a", "b")), Append(("a", "b"))),
    ],
)
def test_values_keep_what_they_say(value: Any, kept: Any) -> None:
    """Every type of a field is kept without loss: amounts with their digits, moments with their
    zone.
    """
    assert stored_value(value) == kept
    assert type(stored_value(value)) is type(kept)


@pytest.mark.parametrize("value", [None, 1.5, b"x", ["a"], {"a": 1}, object()])
def test_other_types_are_refused(value: Any) -> None:
    """What is no type of a field is named in the refusal."""
    with pytest.raises(TypeError, match=type(value).__name__):
        stored_value(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("x" * 65_537, "65537 characters are more than 65536"),
        ("a\0b", "NUL"),
        ("\ud800", "surrogate"),
        (Append(("ok", "\udfff")), "surrogate"),
        (10**30, "30 digits"),
        (Decimal("NaN"), "no amount"),
        (Decimal("-Infinity"), "no amount"),
        (Decimal("1E+999999999"), "no amount"),
        (Decimal("1E-999999999"), "no amount"),
        (datetime(2020, 8, 11, 16, 58), "has no time zone"),  # noqa: DTZ001 - it is what is refused
    ],
)
def test_values_that_cannot_be_kept_are_refused(value: Any, words: str) -> None:
    """A value that a CRM or its database could not hold is refused in words, however large."""
    with pytest.raises(ValueError, match=words):
        stored_value(value)


@pytest.mark.parametrize(
    "address",
    [
        "a@b.test",
        "first.last+tag@mail.school.local",
        "o'neil@example.test",
        "müller@schüle.example",
        "用户@例子.测试",
        "a@" + "b" * 60 + ".test",
    ],
)
def test_addresses_that_pass(address: str) -> None:
    """Any script and any top-level domain is an address."""
    assert is_email(address)


NO_ADDRESSES = """
a
a@
@b.test
a@b
a@b@c.test
a b@c.test
a@b..test
.a@b.test
a.@b.test
a..b@c.test
a@-b.test
<a@b.test>
"""


@pytest.mark.parametrize(
    "address", [*NO_ADDRESSES.splitlines(), "a@b.test\n", "a" * 250 + "@b.test"]
)
def test_addresses_that_fail(address: str) -> None:
    """What no CRM would take as an address is none here."""
    assert not is_email(address)


def test_names() -> None:
    """Objects and fields are called as CRMs call them."""
    assert all(map(is_name, ["contact", "p_enrolment", "AOM_Key__c", "x" * 100]))
    assert not any(map(is_name, ["", "1st", "first name", "a-b", "x" * 101, "naïve", "a\n"]))


def test_merging() -> None:
    """A field that is absent is left alone, an empty one is cleared, options unite in order and
    once.
    """
    old: dict[str, Json] = {"name": "Ada", "city": "London", "courses": ["Logic"], "plan": "basic"}
    new: dict[str, Json | Append] = {
        "city": "",
        "courses": Append(("Algebra", "Logic")),
        "plan": Append(("pro",)),
        "tags": Append(("x", "x")),
        "age": 36,
    }
    assert merge_fields(old, new) == {
        "name": "Ada",
        "courses": ["Logic", "Algebra"],
        "plan": ["basic", "pro"],
        "tags": ["x"],
        "age": 36,
    }
    assert merge_fields({}, {"born": datetime(2020, 1, 1, tzinfo=UTC).isoformat()}) == {
        "born": "2020-01-01T00:00:00+00:00"
    }
