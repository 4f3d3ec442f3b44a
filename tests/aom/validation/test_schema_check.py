"""Strict about what is needed, lenient about the rest."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from receiver.aom import EVENTS
from receiver.aom.validation.errors import BodyError
from receiver.aom.validation.known_keys import MOST_OBJECTS, KnownKeys, known_keys
from receiver.aom.validation.schema_check import MOST
from tests.aom.bodies import changed, paths, reading, refusal, sampled

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "event",
    [
        "account.created",
        "quiz.submitted",
        "assignment.evaluated",
        "assignment.rejected",
        "discussion.submitted",
    ],
)
def test_an_event_of_one_person_needs_an_address_and_nothing_else(event: str) -> None:
    """All but the e-mail is optional."""
    assert [person.key for person in reading({"email": "ada@example.edu"}, event).people] == [
        "ada@example.edu"
    ]
    invalid = refusal({}, event)
    assert (paths(invalid), invalid.event, invalid.how) == (["email"], event, "url")


@pytest.mark.parametrize("event", [event for event in EVENTS if event.startswith("order.")])
def test_an_order_needs_id_status_and_address(event: str) -> None:
    """Without them there is no deal to write, and nobody to link it to."""
    assert (
        reading({"id": 1, "status": "X", "customer": {"email": "ada@example.edu"}}, event).name
        == event
    )
    assert paths(refusal({"customer": {}}, event)) == ["id", "status", "customer.email"]
    assert paths(refusal({"id": "", "status": " ", "customer": None}, event)) == [
        "id",
        "status",
        "customer",
    ]


def test_every_learner_of_an_enrolment_needs_an_address() -> None:
    """Where nobody has one, all faults come at once, each with its place; nobody at all is a fault,
    too.
    """
    users = [{"id": 2}, {"email": "nobody"}, "x"]
    assert paths(refusal(changed("course.enrolled", userList=users))) == [
        "userList[0].email",
        "userList[1].email",
        "userList[2]",
    ]
    assert [
        (fault.path, fault.message)
        for fault in refusal(changed("course.enrolled", userList=[])).faults
    ] == [("userList", "must not be empty")]


def test_an_announcement_may_reach_nobody() -> None:
    """It was made all the same."""
    assert reading(changed("announcement.created", receivers=[])).people == ()


@pytest.mark.parametrize(
    ("customer", "message"),
    [
        (..., "is needed and missing"),
        ("Demo Student", "must be an object, not a text"),
        ([], "must be an object, not a list"),
        (None, "must be an object, not null"),
        (7, "must be an object, not a number"),
    ],
)
def test_a_fault_says_what_would_be_right(customer: object, message: str) -> None:
    """In JSON's words, not in Python's."""
    assert (
        refusal(changed("order.placed", customer=customer), "order.placed").faults[0].message
        == message
    )


def test_a_missing_key_is_looked_for_among_its_neighbours() -> None:
    """A misspelt key is the likeliest reason."""
    customer = {"id": 3, "emial": "student@app.com"}
    assert (
        refusal(changed("order.placed", customer=customer)).faults[0].message
        == "is needed and missing; is it 'emial'?"
    )


def test_a_brace_in_a_message_is_only_a_brace() -> None:
    """What the sender wrote is never taken for a template."""
    invalid = refusal(changed("account.created", email="{kind}{0}@{}.example"))
    assert paths(invalid) == ["email"]
    assert invalid.faults[0].message.isprintable()


@pytest.mark.parametrize(
    ("changes", "unreadable"),
    [
        ({"date_created": "11.8.2020"}, "date_created"),
        ({"order_total": "a lot"}, "order_total"),
        ({"currency": "Bitcoin"}, "currency"),
        ({"payment_gateway": "PayPal"}, "payment_gateway"),
        ({"line_items": {"a": {}}}, "line_items"),
        (
            {"line_items": [{"total": 5}, "x", {"total": "x"}, 3]},
            "line_items[], line_items[].total",
        ),
        ({"transaction_ref": True}, "transaction_ref"),
        (
            {"customer": {"email": "a@example.edu", "id": [1, 2], "billing_address": "1 Main St"}},
            "customer.billing_address, customer.id",
        ),
    ],
)
def test_what_is_not_needed_may_be_unreadable(changes: dict[str, Any], unreadable: str) -> None:
    """The event is good, the value counts as absent, stays in the raw body, and its path is
    reported.
    """
    event = reading(changed("order.placed", **changes))
    assert event.unreadable == tuple(f"{path} (unreadable)" for path in unreadable.split(", "))
    assert event.unknown == ()
    assert event.raw == sampled("order.placed") | changes


def test_readable_neighbours_of_the_unreadable_stay() -> None:
    """Only the value itself is left out."""
    items = [{"total": "x", "product_name": "A"}, "y", {"total": 5}]
    order = reading(changed("order.placed", line_items=items)).normal()["order"]
    assert [(item["name"], item["total"]) for item in order["line_items"]] == [
        ("A", None),
        ("", "5"),
    ]


@pytest.mark.parametrize("nothing", [None, "", [], {}, False, ...])
@pytest.mark.parametrize(
    "key",
    [
        "date_created",
        "order_total",
        "currency",
        "payment_gateway",
        "line_items",
        "coupons",
        "transaction_ref",
    ],
)
def test_nothing_is_nothing_however_it_is_written(key: str, nothing: object) -> None:
    """PHP writes "there is none" in many ways; none of them is worth a report."""
    event = reading(changed("order.placed", **{key: nothing}))
    assert (event.unknown, event.unreadable) == ((), ())
    assert event.normal()["order"]["id"] == "19"


def test_of_two_spellings_the_readable_one_counts() -> None:
    """A value that cannot be read does not hide the same under AOM's other spelling."""
    event = reading(
        changed(
            "quiz.submitted",
            course_instructor_name="Aom Staff",
            course_instructor={"id": 1, "name": "Aom Staff"},
        )
    )
    assert event.unreadable == ("course_instructor_name (unreadable)",)
    assert event.normal()["instructor"] == {"id": "1", "name": "Aom Staff"}
    both = reading(
        changed("quiz.submitted", course_instructor_name="A", course_instructor="B", instructor="C")
    )
    assert both.normal()["instructor"] is None
    assert len(both.unreadable) == 3


@pytest.mark.parametrize("sent", [3, "3", " 3 ", 3.0])
def test_an_id_is_the_same_as_number_or_text(sent: object) -> None:
    """AOM writes 3 in one place and "1" in another."""
    assert reading(changed("order.placed", id=sent)).normal()["order"]["id"] == "3"


@pytest.mark.parametrize("sent", [True, 1.5, [], {}, None, "", "x" * 201, 10**201])
def test_what_is_no_id_is_a_fault_of_an_order(sent: object) -> None:
    """It is the key of the deal."""
    assert paths(refusal(changed("order.placed", id=sent))) == ["id"]


def test_numbers_are_taken_for_texts() -> None:
    """A zip code or a name may come as a number."""
    event = reading(changed("account.created", first_name=7))
    assert event.people[0].first_name == "7"


def test_quantities_may_be_text() -> None:
    """As prices are."""
    event = reading(
        changed("order.placed", line_items=[{"quantity": "2", "price_per_qty": "1,100.00"}])
    )
    item = event.context("student@app.com", id="1", received_at=EPOCH)["order"].line_items[0]
    assert (item.quantity, item.price) == (Decimal(2), Decimal("1100.00"))


def test_a_flood_of_unreadable_values_is_refused() -> None:
    """A thousand of them are no event of AOM, and are not looked at one by one."""
    invalid = refusal(changed("order.placed", line_items=[1] * 1001))
    assert [(fault.path, fault.message) for fault in invalid.faults] == [
        ("", "has 1001 values that cannot be read")
    ]


@pytest.mark.parametrize("lacking", [{}, {"name": "Ada"}, 1, None])
def test_a_flood_of_people_who_are_none_is_refused(lacking: object) -> None:
    """Without a list of what each of them lacks, which would take long to write."""
    body = changed("course.enrolled", userList=[lacking] * (MOST + 1))
    assert refusal(body).faults == (BodyError("", f"has {MOST + 1} values that cannot be read"),)


@pytest.mark.parametrize("item", [{}, {"name": "A"}, {"name": "A &amp; B"}])
@pytest.mark.parametrize(
    ("event", "key"), [("order.placed", "line_items"), ("course.enrolled", "enrolled_courses_list")]
)
def test_a_list_of_things_has_a_bound(event: str, key: str, item: object) -> None:
    """Whether or not its values are plain; a list of people has none."""
    assert reading(changed(event, **{key: [item] * MOST_OBJECTS})).unreadable == ()
    (fault,) = refusal(changed(event, **{key: [item] * (MOST_OBJECTS + 1)})).faults
    assert (fault.path, fault.message) == (key, "has more than 10,000 entries")


@pytest.mark.parametrize("name", ["Ada", "Se&aacute;n"])
def test_a_list_of_people_has_no_bound(name: str) -> None:
    """An announcement reaches all whom it is for."""
    receivers = [
        {"email": f"p{number}@example.edu", "first_name": name}
        for number in range(MOST_OBJECTS + 1)
    ]
    assert (
        len(reading(changed("announcement.created", receivers=receivers)).keys) == MOST_OBJECTS + 1
    )


def test_nothing_optional_has_something_needed_inside() -> None:
    """Cutting what cannot be read must never make another fault: this holds by the shape of the
    schemas.
    """
    for event in EVENTS:
        _check(known_keys(event), optional=False)


def _check(here: KnownKeys, *, optional: bool) -> None:
    assert not (optional and here.needed), here.path
    for key, inner in here.nested.items():
        _check(inner, optional=optional or key not in here.needed)
