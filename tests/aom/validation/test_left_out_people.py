"""Of an event for several people those who lack an address are left out, and the others stay."""

import json

import pytest

from receiver.aom.validation.schema_check import MOST_COSTLY
from tests.aom.bodies import ADA, BEN, changed, paths, reading, refusal, sampled


def test_one_bad_address_leaves_out_one_person() -> None:
    """The others are delivered, and the bad one is reported with place and reason."""
    users = [
        ADA,
        {"id": 2},
        {"email": "no address", "first_name": ["a", "b"]},
        "x",
        BEN,
        {"email": "eve@example.edu", "id": [1, 2]},
    ]
    event = reading(changed("course.enrolled", userList=users))
    assert (
        event.keys
        == tuple(person.key for person in event.people)
        == ("ada@example.edu", "ben@example.edu", "eve@example.edu")
    )
    assert [fault.path for fault in event.left_out] == [
        "userList[1].email",
        "userList[2].email",
        "userList[3]",
    ]
    assert event.left_out[1].message.startswith("must be an e-mail address like ada@example.edu")
    assert event.unreadable == (
        "userList[] (left out)",
        "userList[].email (left out)",
        "userList[].id (unreadable)",
    )


@pytest.mark.parametrize("bad", [{"email": None}, {}, None, {"email": "a@b@c.example"}])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_receiver_without_an_address_does_not_stop_an_announcement(bad: object, at: int) -> None:
    """Wherever in the list."""
    receivers: list[object] = [ADA, BEN]
    receivers.insert(at, bad)
    event = reading(changed("announcement.created", receivers=receivers))
    assert event.keys == ("ada@example.edu", "ben@example.edu")
    assert [fault.path.partition(".")[0] for fault in event.left_out] == [f"receivers[{at}]"]


def test_an_event_of_which_nobody_is_left_is_refused() -> None:
    """There is nobody to write; and the one person of an order is not one of several."""
    assert paths(refusal(changed("course.enrolled", userList=[{}, {"email": 1}]))) == [
        "userList[0].email",
        "userList[1].email",
    ]
    assert paths(refusal(changed("order.placed", customer={}))) == ["customer.email"]


def test_addresses_that_are_dear_to_check_have_a_bound() -> None:
    """A thousand unusual ones of a body are checked; more of them are no list of people.

    Ones without an @ cost nothing.
    """
    odd = [{"email": f"\u00e4{number}@example.edu"} for number in range(MOST_COSTLY + 1)]
    assert len(reading(changed("course.enrolled", userList=odd[:-1])).keys) == MOST_COSTLY
    assert (
        "addresses of an unusual form"
        in refusal(changed("course.enrolled", userList=odd)).faults[0].message
    )


def test_a_body_with_what_nobody_knows_about_one_person_is_read() -> None:
    """The sample with all its texts escaped reads like the sample."""
    body = json.loads(json.dumps(sampled("order.placed")).replace("Demo", "&#68;emo"))
    assert reading(body).normal() == reading(sampled("order.placed")).normal()
