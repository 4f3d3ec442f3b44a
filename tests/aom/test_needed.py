"""The quick look at intake, held against the whole reading."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.aom import EVENTS, Invalid
from receiver.aom.needed import people
from receiver.aom.validate import MOST, validate
from tests.aom.bodies import SAMPLED, changed, reading, refusal, sampled
from tests.aom.test_properties import mutants


@settings(max_examples=600)
@given(mutants(), st.sampled_from(EVENTS))
def test_the_quick_look_finds_what_the_whole_reading_finds(body: Any, event: str) -> None:
    """The same people, or the same faults: nothing that would stop a delivery gets past the intake."""
    assert _outcome(body, event) == _outcome(body, event, closely=True)


@pytest.mark.parametrize("event", sorted(SAMPLED))
def test_whom_a_sample_is_about_is_seen_at_once(event: str) -> None:
    """The quick look and the normal form name the same people."""
    read = reading(sampled(event))
    assert read.keys == tuple(person.key for person in read.people) != ()


def test_someone_who_stands_there_twice_is_one_person() -> None:
    """Whatever the case of the address."""
    users = [{"email": "ada@example.edu", "first_name": "Ada"}, {"email": " ADA@example.edu"}, {"email": "ben@example.edu"}]
    read = reading(changed("course.enrolled", userList=users))
    assert read.keys == ("ada@example.edu", "ben@example.edu")
    assert [person.first_name for person in read.people] == ["Ada", ""]


def test_the_shortest_flood_of_unreadable_values_is_refused() -> None:
    """Intake reads a body closely from so many commas on; no flood has fewer."""
    assert reading(_flood(MOST), "order.placed").unreadable == ("line_items[] (unreadable)",)
    assert refusal(_flood(MOST + 1), "order.placed").faults[0].message == f"has {MOST + 1} values that cannot be read"


def _flood(values: int) -> bytes:
    order = {"id": 1, "status": "FAILED", "customer": {"email": "ada@example.edu"}}
    return json.dumps(order | {"line_items": [1] * values}).encode()


def _outcome(body: Any, event: str, *, closely: bool = False) -> object:
    try:
        found = people(body, event, closely=closely)
    except Invalid as invalid:
        return invalid.faults
    return [learner.email for learner in validate(body, event)[0].people()], found
