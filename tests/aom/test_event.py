"""The normal form, and what expressions see of it."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from receiver.aom import EVENTS, LABELS, SourceContext, names_of_event
from receiver.aom.normal_form import Named
from tests.aom.bodies import NEW_YORK, SAMPLED, changed, reading, sampled

RECEIVED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("event", sorted(SAMPLED))
def test_a_context_has_the_names_that_are_promised(event: str) -> None:
    """What `names` says is what an expression finds, of that type."""
    read = reading(sampled(event))
    context = read.context(read.people[0].key, id="e1", received_at=RECEIVED)
    assert list(context) == list(names_of_event(event))
    for name, value in context.items():
        TypeAdapter(names_of_event(event)[name]).validate_python(value, strict=True)


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_has_the_common_names(event: str) -> None:
    """Whatever happened: event, source, person, profile, raw."""
    assert list(names_of_event(event))[:5] == ["event", "source", "person", "profile", "raw"]


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_with_nothing_but_its_people_has_all_names(event: str) -> None:
    """What is absent is None, empty, or blank, never an error."""
    person = {"email": "ada@example.edu"}
    everyone = {
        "userList": [person],
        "receivers": [person],
        "customer": person,
        "id": 1,
        "status": "X",
    }
    body = person if event.startswith(("account", "quiz", "assignment", "discussion")) else everyone
    read = reading(body, event)
    assert list(read.context("ada@example.edu", id="e1", received_at=RECEIVED)) == list(
        names_of_event(event)
    )
    json.dumps(read.normal())


def test_an_order_in_normal_form() -> None:
    """Ids are text, money is Decimal, the date is in the site's zone, the currency has its code."""
    context = reading(sampled("order.placed")).context(
        "student@app.com", id="e1", received_at=RECEIVED
    )
    order = context["order"]
    assert (order.id, order.status, order.currency, order.transaction_ref) == (
        "19",
        "COMPLETED",
        "USD",
        None,
    )
    assert (order.total, order.sub_total) == (Decimal(220), Decimal(220))
    assert order.date_created.isoformat() == "2020-08-11T19:45:00-04:00"
    assert order.payment_gateway == Named(id="Unknown", name="Manual order")
    assert [
        (item.product_id, item.name, item.quantity, item.price, item.total)
        for item in order.line_items
    ] == [
        ("1", "Product", Decimal(1), Decimal("110.00"), Decimal("110.00")),
        ("2", "Prod 2", Decimal(1), Decimal("110.00"), Decimal("110.00")),
    ]
    assert (order.coupons, order.notes) == ([], [])
    customer = context["customer"]
    assert (customer.id, customer.email, customer.name) == ("3", "student@app.com", "Demo Student")
    assert (customer.billing_address.address_line_2, customer.billing_address.state) == (
        "Suite 309",
        "NY",
    )


def test_the_common_names_say_who_what_and_when() -> None:
    """An account's own time is when it was registered; times are in the site's zone."""
    read = reading(sampled("account.created"))
    context = read.context("johndoe@academyofmine.com", id="e1", received_at=RECEIVED)
    event, person, source = context["event"], context["person"], context["source"]
    assert (event.id, event.name, event.label) == (
        "e1",
        "account.created",
        LABELS["account.created"],
    )
    assert event.occurred_at.isoformat() == "2020-08-11T16:58:00-04:00"
    assert event.received_at.isoformat() == "2026-01-01T22:04:05-05:00"
    assert (person.id, person.email, person.first_name, person.last_name, person.name) == (
        "4",
        person.key,
        "John",
        "Doe",
        "John Doe",
    )
    assert (source.name, source.currency, source.timezone) == (
        "springfield",
        "USD",
        "America/New_York",
    )
    assert context["raw"] == sampled("account.created")
    assert (context["account"].id, context["account"].date_registered) == ("4", event.occurred_at)


@pytest.mark.parametrize(
    ("event", "occurred_at"),
    [
        ("quiz.submitted", "2020-08-11T13:37:00-04:00"),
        ("assignment.submitted", "2020-08-11T13:45:00-04:00"),
        ("discussion.submitted", "2020-08-11T17:03:00-04:00"),
        ("announcement.created", "2020-08-11T14:23:00-04:00"),
        ("order.placed", "2026-01-01T22:04:05-05:00"),
        ("course.enrolled", "2026-01-01T22:04:05-05:00"),
    ],
)
def test_an_event_happened_when_its_payload_says(event: str, occurred_at: str) -> None:
    """Orders and enrolments have no time of their own: an order's date is that of its making,
    whatever became of it.
    """
    read = reading(sampled(event))
    assert (
        read.context(read.people[0].key, id="e1", received_at=RECEIVED)[
            "event"
        ].occurred_at.isoformat()
        == occurred_at
    )


@pytest.mark.parametrize(
    ("event", "part"),
    [
        ("quiz.submitted", "quiz"),
        ("assignment.submitted", "assignment"),
        ("discussion.submitted", "discussion"),
    ],
)
def test_a_submission_in_normal_form(event: str, part: str) -> None:
    """AOM's spellings of the instructor are one, and ids are text everywhere."""
    context = reading(sampled(event)).context("student@app.com", id="e1", received_at=RECEIVED)
    sent = sampled(event)[part]
    assert context[part] == Named(id=str(sent["id"]), name=sent["name"])
    assert context["course"].name == sampled(event)["course"]["name"]
    assert context["instructor"] == Named(id="1", name="Aom Staff")


def test_a_grade_is_text() -> None:
    """Grades may be letters or numbers; a submitted assignment has none."""
    for grade, text in (("A+", "A+"), (87, "87"), (87.5, "87.5"), (0, "0"), (None, None)):
        assert (
            reading(changed("assignment.submitted", grade=grade), "assignment.evaluated").normal()[
                "grade"
            ]
            == text
        )
    assert reading(sampled("assignment.submitted")).normal()["grade"] is None


def test_an_announcement_in_normal_form() -> None:
    """Its misspelt date is read."""
    announcement = reading(sampled("announcement.created")).normal()["announcement"]
    assert announcement["title"] == "Test announcement"
    assert announcement["content"].startswith("We have just released")
    assert (announcement["created_by"], announcement["date"]) == (
        "Aom Staff",
        "2020-08-11T14:23:00-04:00",
    )


def test_a_person_who_stands_there_twice_is_one() -> None:
    """People are unique by key, in order of appearance; the first entry counts."""
    users = [
        {"email": "b@example.edu", "id": 1},
        {"email": "a@example.edu"},
        {"email": "B@Example.edu", "id": 2},
    ]
    people = reading(changed("course.enrolled", userList=users)).people
    assert [(person.key, person.id) for person in people] == [
        ("b@example.edu", "1"),
        ("a@example.edu", None),
    ]


def test_a_whole_name_is_made_of_its_parts_unless_it_is_sent() -> None:
    """Only receivers of announcements come with one."""
    receivers = [
        {"email": "a@example.edu", "first_name": " Ada ", "last_name": None},
        {"email": "b@example.edu", "first_name": "Bob", "name": "Dr Bob"},
        {"email": "c@example.edu"},
    ]
    assert [
        person.name
        for person in reading(changed("announcement.created", receivers=receivers)).people
    ] == ["Ada", "Dr Bob", ""]


def test_currency_and_zone_are_the_sites_where_the_payload_has_none() -> None:
    """AOM's dates never name a zone; an order may name no currency."""
    london = SourceContext("london", ZoneInfo("Europe/London"), "GBP")
    nothing: list[object] = [None, "", " ", [], False, ...]
    for sent in nothing:
        order = reading(changed("order.placed", currency=sent), site=london).normal()["order"]
        assert (order["currency"], order["date_created"]) == ("GBP", "2020-08-11T19:45:00+01:00")


def test_a_context_of_somebody_else_is_refused() -> None:
    """The lane of a person gets only what is about that person."""
    with pytest.raises(KeyError, match=r"bob@example\.edu"):
        reading(sampled("quiz.submitted")).context("bob@example.edu", id="e1", received_at=RECEIVED)


def test_what_expressions_see_cannot_be_changed() -> None:
    """A mapping's expression has no effect on the next one."""
    context = reading(sampled("order.placed")).context(
        "student@app.com", id="e1", received_at=RECEIVED
    )
    with pytest.raises(ValidationError):
        context["order"].total = Decimal(0)


def test_the_digest_tells_contents_and_names_apart() -> None:
    """Equal for the same event with its keys in another order; not for other values, or another
    name.
    """
    body = sampled("assignment.submitted")
    digest = reading(body).digest
    assert len(digest) == 32
    assert reading(dict(reversed(body.items()))).digest == digest
    assert reading(body, "assignment.submitted").digest == digest
    assert reading(body, "assignment.rejected").digest != digest
    assert reading(body | {"first_name": "Dema"}).digest != digest


def test_an_event_shows_no_person_in_its_repr() -> None:
    """It may end up in a traceback."""
    assert "student" not in repr(reading(sampled("order.placed"))).lower()


def test_a_normal_form_is_json() -> None:
    """Money as text, dates in ISO 8601; people first."""
    normal = reading(sampled("order.placed"), site=NEW_YORK).normal()
    assert list(normal) == ["people", "order", "customer"]
    assert normal["order"]["total"] == "220"
    json.dumps(normal, allow_nan=False)


@pytest.mark.parametrize(
    ("event", "ids", "tells"),
    [
        ("account.created", {"johndoe@academyofmine.com": "4"}, True),
        ("course.enrolled", {"dev@academyofmine.com": "1"}, True),
        ("quiz.submitted", {"student@app.com": "3"}, True),
        ("discussion.submitted", {"student@app.com": "3"}, True),
        ("order.placed", {"student@app.com": "3"}, False),
        ("assignment.submitted", {}, False),
        ("announcement.created", {}, False),
    ],
)
def test_which_ids_are_accounts(event: str, ids: dict[str, str], tells: bool) -> None:
    """As AOM's samples show it, also where the body has to be read whole."""
    for body in (sampled(event), {**sampled(event), "date_submitted": "who knows"}):
        read = reading(body, event)
        assert (read.account_ids, read.tells_addresses) == (ids, tells)


@pytest.mark.parametrize("aom_id", [0, "0", "", None, ...])
def test_no_id_is_no_account(aom_id: object) -> None:
    """A guest's 0, too."""
    read = reading(changed("quiz.submitted", id=aom_id))
    assert read.account_ids == {}


def test_an_id_of_an_assignment_is_not_an_accounts() -> None:
    """Nobody knows whose it is."""
    body = {"id": 1, "email": "ada@example.edu", "assignment": {"id": 1}}
    assert reading(body, "assignment.evaluated").account_ids == {}


def test_an_id_of_several_addresses_is_nobodys() -> None:
    """Whoever stands there once has theirs; the same address twice is one person."""
    users = [(1, "a"), (1, "b"), ("2", "c"), (2.0, "C")]
    body = {"userList": [{"id": id, "email": f"{name}@x.test"} for id, name in users]}
    assert reading(body, "course.enrolled").account_ids == {"c@x.test": "2"}


def test_who_has_another_address_now_is_named_by_it() -> None:
    """The key stays what the gateway knows them by."""
    read = reading(changed("quiz.submitted"))
    person = read.context(
        "student@app.com",
        id="e1",
        received_at=RECEIVED,
        person_key="first@x.test",
        current="now@x.test",
    )["person"]
    assert (person.key, person.email, person.first_name) == ("first@x.test", "now@x.test", "Demo")
