"""Takes personal data out of a payload that becomes a test, and keeps together what belongs so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from receiver.aom import EVENTS, read_event, read_sample
from receiver.cases.stand_ins import replace_personal_data
from tests.mapping.sample_routes import SITE

ORDER: dict[str, Any] = {
    "id": 77,
    "status": "COMPLETED",
    "currency": "USD",
    "order_total": "12.50",
    "date_created": "Aug 11, 2020 07:45 PM",
    "transaction_ref": "ch_1AbC",
    "payment_gateway": {"id": "stripe", "name": "Stripe"},
    "coupons": ["SUMMER"],
    "notes": ["call Ada Lovelace on 555 123 4567"],
    "customer": {
        "id": 5,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": " Ada@Math.org",
        "phone": "+44 20 7946 0018",
        "billing_address": {
            "full_name": "Ada  LOVELACE",
            "address_line_1": "12 St James's Square",
            "address_line_2": "",
            "city": "London",
            "state": "LND",
            "zipcode": "SW1Y 4JH",
            "country": "GB",
        },
    },
    "line_items": [{"product_id": 1, "product_name": "Fire Safety", "quantity": 1}],
    "crm": {"contact": "ada@math.org", "born": "Dec 10, 1815", "tax": 123456789, "vip": True},
}


def test_nothing_of_a_person_is_left() -> None:
    """Names, addresses of both kinds, phones, notes, payment references, and unknown keys."""
    written = json.dumps(replace_personal_data(ORDER)).casefold()
    for word in ("ada", "lovelace", "math.org", "james", "london", "sw1y", "lnd", "7946", "1815"):
        assert word not in written
    for word in ("555 123", "ch_1abc", "123456789"):
        assert word not in written


def test_what_is_nobodys_stays() -> None:
    """Ids, states, money, dates of orders, products: what mappings work with."""
    plain = replace_personal_data(ORDER)
    for key in ("id", "status", "currency", "order_total", "date_created", "coupons", "line_items"):
        assert plain[key] == ORDER[key]
    assert plain["payment_gateway"] == ORDER["payment_gateway"]
    assert plain["customer"]["id"] == 5
    assert plain["customer"]["billing_address"]["country"] == "GB"
    assert plain["customer"]["billing_address"]["address_line_2"] == ""
    assert plain["crm"]["vip"] is True


def test_the_same_value_has_the_same_stand_in() -> None:
    """However it is written; and a whole name is made of its parts."""
    plain = replace_personal_data(ORDER)
    customer = plain["customer"]
    assert customer["email"].strip() == plain["crm"]["contact"] == "person1@example.com"
    assert customer["billing_address"]["full_name"] == (
        f"{customer['first_name']} {customer['last_name']}"
    )
    people = [{"email": f"{name}@b.edu", "first_name": name} for name in ("x", "y", "x")]
    first, second, again = replace_personal_data({"userList": people})["userList"]
    assert first == again
    assert {first["email"], second["email"]} == {"person1@example.com", "person2@example.com"}
    assert first["first_name"] != second["first_name"]


def test_people_are_told_from_things_that_have_a_name() -> None:
    """Teachers, receivers and authors are replaced; courses and quizzes are not."""
    people = {
        "receivers": [{"name": "Ada Lovelace"}],
        "course_instructor": {"id": 1, "name": "Grace Moore"},
        "created_by": "Grace Moore",
        "billing": {"name": "Ada Lovelace"},
    }
    things = {"course": {"name": "First Aid"}, "quiz": {"id": 3, "name": "Quiz 1"}}
    plain = replace_personal_data({**people, **things})
    assert {key: plain[key] for key in things} == things
    assert "Ada" not in str(plain)
    assert "Grace" not in str(plain)
    assert plain["created_by"] == plain["course_instructor"]["name"]


def test_the_shape_stays() -> None:
    """Keys, lists, and what is nothing; an address that is a key is replaced as any other."""
    payload = {"userList": {"ada@b.edu": {"email": "ada@b.edu", "first_name": None}}, "x": [[], {}]}
    assert replace_personal_data(payload) == {
        "userList": {"person1@example.com": {"email": "person1@example.com", "first_name": None}},
        "x": [[], {}],
    }


def test_what_is_no_address_does_not_become_one() -> None:
    """A call that is in quarantine for it would be again."""
    assert "@" not in replace_personal_data({"email": "ada at math"})["email"]


@pytest.mark.parametrize("event", [event for event in EVENTS if read_sample(event)])
def test_aoms_samples_are_the_same_events_afterwards(event: str) -> None:
    """Recognised alike, with as many people, and nothing that cannot be read."""
    sample = read_sample(event)
    assert sample is not None
    before = read_event(sample, SITE, None)
    after = read_event(json.dumps(replace_personal_data(before.raw)).encode(), SITE, None)
    assert (after.name, after.how, len(after.people)) == (event, before.how, len(before.people))
    assert after.unreadable == before.unreadable
    assert not set(after.keys) & set(before.keys)
    for person in before.people:
        assert person.last_name not in json.dumps([one.last_name for one in after.people])
