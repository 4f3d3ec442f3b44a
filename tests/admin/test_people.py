"""What is known of a person, and its erasure, over the admin API."""

from __future__ import annotations

from urllib.parse import quote
from zlib import crc32

import pytest

from tests.admin.conftest import Api, account, order


def at(email: str) -> str:
    return f"/api/people/{quote(email, safe='')}"


def enrolment(*emails: str) -> dict[str, object]:
    """What AOM sends where a list of learners joins a course."""
    return {
        "userList": [{"id": crc32(email.encode()), "email": email} for email in emails],
        "enrolled_courses_list": [{"id": 1, "name": "Algebra"}],
    }


@pytest.mark.parametrize(
    "email",
    [
        "plain@example.edu",
        "with/slash@example.edu",
        "100%25@example.edu",
        "plus+tag@example.edu",
        "jürgen@example.edu",
        "o'brien@example.edu",
    ],
)
def test_whoever_is_accepted_can_be_found_and_forgotten(api: Api, email: str) -> None:
    """Whatever the address is written with, and in whatever case it is asked for."""
    id = api.take("order.placed", order(crc32(email.encode()), email))
    api.settled()
    known = api.get(at(email.upper().replace("Ü", "ü")))
    assert known["email"] == email
    assert [(lane["connector"], lane["state"], lane["pending"]) for lane in known["lanes"]] == [
        ("sandbox", "idle", 0),
        ("second", "idle", 0),
    ]
    assert ("sandbox", "contact", email) in {
        (one["connector"], one["object"], one["key"]) for one in known["records"]
    }
    assert api.ids(person=email) == [id]
    gone = api.ask("DELETE", at(email))
    assert (gone["events"], gone["shared_events"], gone["deliveries"], gone["lanes"]) == (
        1,
        0,
        2,
        2,
    )
    assert gone["beyond_reach"]
    assert api.get(at(email)) == {"email": email, "emails": [email], "lanes": [], "records": []}
    assert api.ids(person=email) == []
    api.get(f"/api/events/{id}", status=404)


def test_nobody(api: Api) -> None:
    """An address that is not known is empty, not an error, and can be forgotten; what is no address
    erases nothing.
    """
    assert api.get(at("nobody@example.edu"))["lanes"] == []
    for nobody in ("nobody@example.edu", "@", "example.edu", "two\nlines", "a line\n"):
        gone = api.ask("DELETE", at(nobody))
        assert {
            gone[name]
            for name in (
                "events",
                "shared_events",
                "deliveries",
                "attempts",
                "lanes",
                "remote_ids",
                "mentions",
            )
        } == {0}
    api.ask("DELETE", "/api/people/", status=422)
    api.ask("DELETE", at("x" * 401), status=422)


def test_the_others_keep_theirs(api: Api) -> None:
    """A shared event goes on without the one who is forgotten."""
    shared = api.take("course.enrolled", enrolment("ann@example.edu", "ben@example.edu"))
    api.settled()
    gone = api.ask("DELETE", at("ann@example.edu"))
    assert (gone["events"], gone["shared_events"], gone["deliveries"]) == (0, 1, 1)
    event = api.get(f"/api/events/{shared}")
    assert [one["person"] for one in event["deliveries"]] == ["ben@example.edu"]
    assert "ann@example.edu" not in event["raw"]
    assert api.post("/api/replay", ids=[shared])["replayed"] == 1
    api.settled()
    assert api.get(f"/api/events/{shared}")["state"] == "delivered"


def test_what_arrives_again_is_new(api: Api) -> None:
    """The same call after the erasure is no duplicate: nothing of the person is left to know it
    by.
    """
    api.take("account.created", account("again@example.edu"))
    api.settled()
    api.ask("DELETE", at("again@example.edu"))
    again = api.take("account.created", account("again@example.edu"))
    api.settled()
    assert api.ids(person="again@example.edu") == [again]
    assert api.get(f"/api/events/{again}")["state"] == "delivered"


def test_an_event_that_named_an_erased_person_is_redacted(api: Api) -> None:
    """The order of another one that was billed to them says so, and is understood still."""
    bill = {"full_name": "Ann Bell", "email": "ann@example.edu", "city": "York"}
    body = order(19, "ben@example.edu")
    body["customer"]["billing_address"] = bill
    id = api.take("order.placed", body)
    api.settled()
    assert not api.get(f"/api/events/{id}")["redacted"]
    assert api.ask("DELETE", at("ann@example.edu"))["shared_events"] == 1
    event = api.get(f"/api/events/{id}")
    assert event["redacted"]
    assert event["normal"]["customer"]["billing_address"]["city"] == "York"
    assert "Bell" not in event["raw"]
