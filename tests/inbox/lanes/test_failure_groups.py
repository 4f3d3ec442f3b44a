"""What dead letters are grouped by."""

from __future__ import annotations

import time
from itertools import combinations

import pytest

from receiver.inbox.lanes.failure_groups import reason_key

ALIKE = [
    (
        "num: asdf was not a valid number. (INVALID_INTEGER)",
        "num: Ann Lee was not a valid number. (INVALID_INTEGER)",
    ),
    ("email: 'x' is no address (INVALID_EMAIL)", "email: a@b is\nno address (INVALID_EMAIL)"),
    ("the contact ann@example.edu is locked", "the contact ben.lee@school.example is locked"),
    ("record 17 is locked", "record 4711 is locked"),
    (
        "the record 0035g00000XyZ12AAB is gone (DELETED)",
        "the record 0035g00000QqQ99BBC is gone (DELETED)",
    ),
    ('the contact "Maria Silva" exists', "the contact 'O'Neil' exists"),
    (
        "gave up after 3 days, 0:00:00: HubSpot answered at 2026-05-04T10:00",
        "gave up after 1 days, 2:00:00: HubSpot answered at 2027-01-01T11:59",
    ),
]
DIFFERENT = [
    "num: asdf was not a valid number. (INVALID_INTEGER)",
    "age: asdf was not a valid number. (INVALID_INTEGER)",
    "num: asdf was not a valid number. (TOO_LONG)",
    "asdf was not a valid number. (TOO_LONG)",
    'Property "aom_plan" does not exist',
    'Property "aom_order" does not exist',
    "routes[0].upsert[0].fields.amount: cannot be read",
    "routes[1].upsert[0].fields.amount: cannot be read",
    "record 17 is locked",
    "record 17 is gone",
    "",
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_values_make_no_cause_of_their_own(one: str, other: str) -> None:
    """Nor do people, ids, numbers and times."""
    assert reason_key("crm", one) == reason_key("crm", other)


@pytest.mark.parametrize(("one", "other"), list(combinations(DIFFERENT, 2)))
def test_what_is_to_be_mended_tells_them_apart(one: str, other: str) -> None:
    """The field, the code, the words, the place in the mapping."""
    assert reason_key("crm", one) != reason_key("crm", other)


def test_connectors_share_no_group() -> None:
    """What is replayed is of one connector."""
    assert reason_key("crm", "is locked") != reason_key("other", "is locked")


@pytest.mark.parametrize(
    "piece", ["a: (", "a-1", "@", "'", "x'", "1", "(A)", "a.a@", "A_", "\ud800"]
)
def test_a_long_reason_takes_no_long_time(piece: str) -> None:
    """Whoever writes it: it is read while others wait for the store."""
    began = time.perf_counter()
    reason_key("crm", piece * 200_000)
    assert time.perf_counter() - began < 1
