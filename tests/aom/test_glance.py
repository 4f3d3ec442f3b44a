"""The glance at intake, held against the whole reading."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.aom import EVENTS
from receiver.aom.payload_schema import PAYLOADS
from receiver.aom.validation.drift import survey_drift
from receiver.aom.validation.schema_check import MOST, validate_body
from tests.aom.bodies import SAMPLED, changed, reading, refusal, sampled
from tests.aom.test_properties import mutants


@settings(max_examples=600)
@given(mutants(), st.sampled_from(EVENTS))
def test_the_glance_finds_what_the_whole_reading_finds(body: Any, event: str) -> None:
    """Where it is sure, the whole reading has nothing to add: the same people and unknown keys, and
    all values are read.
    """
    glance = survey_drift(body, event)
    if glance.sure:
        whole = validate_body(body, event)
        assert (glance.people, glance.unknown) == (
            [learner.email for learner in whole.payload.people()],
            whole.unknown,
        )
        assert (whole.unreadable, whole.left_out) == ([], [])
        assert PAYLOADS[event].model_validate(body) == whole.payload


@pytest.mark.parametrize("event", sorted(SAMPLED))
def test_whom_a_sample_is_about_is_seen_at_once(event: str) -> None:
    """The glance is sure of every sample, so that intake reads none of them closely; it names the
    people of the normal form.
    """
    read = reading(sampled(event))
    assert read.validated is None
    assert read.keys == tuple(person.key for person in read.people) != ()


def test_someone_who_stands_there_twice_is_one_person() -> None:
    """Whatever the case of the address."""
    users = [
        {"email": "ada@example.edu", "first_name": "Ada"},
        {"email": " ADA@example.edu"},
        {"email": "ben@example.edu"},
    ]
    read = reading(changed("course.enrolled", userList=users))
    assert read.keys == ("ada@example.edu", "ben@example.edu")
    assert [person.first_name for person in read.people] == ["Ada", ""]


def test_a_flood_of_unreadable_values_is_refused() -> None:
    """A thousand are looked at one by one, more are not."""
    assert reading(_flood(MOST), "order.placed").unreadable == ("line_items[] (unreadable)",)
    assert (
        refusal(_flood(MOST + 1), "order.placed").faults[0].message
        == f"has {MOST + 1} values that cannot be read"
    )


def _flood(values: int) -> bytes:
    order = {"id": 1, "status": "FAILED", "customer": {"email": "ada@example.edu"}}
    return json.dumps(order | {"line_items": [1] * values}).encode()
