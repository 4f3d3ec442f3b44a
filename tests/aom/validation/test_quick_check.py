"""Bodies that are plain at a look."""

from time import thread_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.aom import EVENTS
from receiver.aom.validation.quick_check import people_of_plain
from receiver.aom.validation.schema_check import validate_body
from tests.aom.bodies import SAMPLED, sampled
from tests.aom.test_properties import mutants

ORDER = {"id": 1, "status": "COMPLETED", "customer": {"email": "Ada@example.edu"}}


@pytest.mark.parametrize("event", sorted(SAMPLED))
def test_what_aom_publishes_is_plain(event: str) -> None:
    """So that intake looks at hardly any body key by key."""
    assert people_of_plain(sampled(event), event)


@settings(max_examples=300)
@given(mutants(), st.sampled_from(EVENTS))
def test_in_a_plain_body_all_is_known_and_readable(body: Any, event: str) -> None:
    """The whole reading finds the same people, no unknown key and nothing that it has to leave
    out.
    """
    people = people_of_plain(body, event)
    if people is not None:
        whole = validate_body(body, event)
        assert people == [learner.email for learner in whole.payload.people()]
        assert (whole.unknown, whole.unreadable, whole.left_out) == ([], [], [])


@pytest.mark.parametrize(
    "other",
    [
        {"vip": True},
        {"id": True},
        {"id": 0},
        {"id": 10**18},
        {"status": "NEW"},
        {"order_total": True},
        {"order_total": 10**15},
        {"order_total": "1\n"},
        {"date_created": "Feb 30, 2020 04:58 PM"},
        {"transaction_ref": "R&amp;D"},
        {"coupons": ["a&b"]},
        {"coupons": {}},
        {"line_items": [None]},
        {"line_items": [{"sku": 1}]},
        {"customer": {"email": "ada"}},
        {"customer": {"first_name": "Ada"}},
        {"customer": None},
    ],
)
def test_one_value_in_another_form_is_enough_to_look_closely(other: dict[str, Any]) -> None:
    """Of such a body nothing is said."""
    assert people_of_plain(ORDER, "order.placed") == ["ada@example.edu"]
    assert people_of_plain(ORDER | other, "order.placed") is None


def test_one_value_in_another_form_ends_the_look() -> None:
    """To note down each of a hundred thousand takes half a second, in which no other thread
    runs.
    """
    notes = ["a &amp; b"] * 100_000
    people: list[dict[str, str]] = [{}] * 100_000
    started = thread_time()
    assert people_of_plain(ORDER | {"notes": notes}, "order.placed") is None
    assert people_of_plain({"receivers": people}, "announcement.created") is None
    assert thread_time() - started < 0.02
