"""What events tell of people, and what is made of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from receiver.aom import (
    PROFILED_EVENTS,
    Profile,
    SourceContext,
    build_profile,
    facts_of_event,
    profile_of_event,
)
from receiver.aom.normal_form import ProfileCourse
from receiver.facts import CourseFact, KnownFacts, OrderFact, PersonFacts
from tests.aom.bodies import NEW_YORK as SITE
from tests.aom.bodies import reading, sampled

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
ADA = {"email": "ada@example.edu"}


def facts(body: Any, event: str | None = None, at: datetime = AT) -> dict[str, PersonFacts]:
    return facts_of_event(reading(body, event), id="e1", received_at=at)


def order(
    number: int,
    total: str | None,
    *,
    paid: bool = True,
    currency: str | None = "USD",
    days: int = 0,
) -> OrderFact:
    made_at = AT + timedelta(days=days)
    amount = None if total is None else Decimal(total)
    return OrderFact(str(number), "e", paid, amount, currency, made_at, AT)


def built(*orders: OrderFact, site: SourceContext = SITE) -> Profile:
    return build_profile(KnownFacts(orders=orders), site)


def test_an_order_tells_its_state() -> None:
    """Whether it is paid, how much in which currency, and when it was made."""
    (told,) = facts(sampled("order.placed"))["student@app.com"].orders
    assert (told.id, told.paid, told.total, told.currency) == ("19", True, Decimal(220), "USD")
    assert told.made_at == told.created_at
    (refunded,) = facts(sampled("order.refunded")).values()
    assert [one.paid for one in refunded.orders] == [False]
    undated = {**ADA, "id": 1, "status": "COMPLETED", "customer": ADA}
    (only,) = facts(undated, "order.placed")[ADA["email"]].orders
    assert (only.total, only.made_at) == (None, AT)


def test_an_enrolment_tells_the_same_of_everyone() -> None:
    """Each course once; one without an id is told by its name, one without both is none."""
    body = {
        "userList": [ADA, {"email": "ben@example.edu"}],
        "enrolled_courses_list": [
            {"id": 7, "name": "Algebra"},
            {"id": "7", "name": "Algebra"},
            {"name": "Drawing"},
            {"id": 0, "name": "Drawing"},
            {"name": ""},
        ],
    }
    told = facts(body, "course.enrolled")
    assert list(told) == ["ada@example.edu", "ben@example.edu"]
    for one in told.values():
        assert [(course.id, course.name) for course in one.courses] == [
            ("7", "Algebra"),
            (None, "Drawing"),
        ]
        assert (one.seen_at, one.active_at) == (AT, AT)


def test_a_course_is_known_by_its_id() -> None:
    """A name that looks like an id is another one's."""
    keys = {
        CourseFact(id, name, "e", AT).key
        for id, name in [("7", "a"), ("7", "b"), (None, "a"), (None, "id 7"), (None, "7")]
    }
    assert len(keys) == 4


@pytest.mark.parametrize("kind", ["quiz", "assignment", "discussion"])
def test_a_submission_sent_again_is_the_same(kind: str) -> None:
    """What was handed in, and when, tells it, not who teaches the course by now; at another time it
    is another one. Without a time, the whole call tells it.
    """
    body = {
        **ADA,
        kind: {"id": 3, "name": "One"},
        "course": {"id": 7, "name": "Algebra"},
        "date_submitted": "2026-04-01 10:00:00",
    }
    undated = {name: value for name, value in body.items() if name != "date_submitted"}
    bodies = [
        body,
        {**body, "course_instructor": {"name": "Prof. Ng"}, "first_name": "Ada"},
        {**body, "date_submitted": "2026-04-02 10:00:00"},
        {**body, kind: {"id": 4, "name": "One"}},
        undated,
        {**undated, "first_name": "Ada"},
    ]
    told = [facts(one, f"{kind}.submitted")[ADA["email"]].submissions for one in bodies]
    assert all(len(one) == 1 and one[0].kind == kind for one in told)
    assert told[0] == told[1]
    assert len(set(told)) == 5


def test_a_grade_is_no_act_of_the_learner() -> None:
    """It tells that they were there; an announcement tells nothing of anybody."""
    body = {**ADA, "assignment": {"id": 3}, "grade": "A"}
    one = facts(body, "assignment.evaluated")[ADA["email"]]
    assert (one.submissions, one.seen_at, one.active_at) == ((), AT, None)
    assert facts(sampled("announcement.created")) == {}
    assert "announcement.created" not in PROFILED_EVENTS


def test_only_paid_orders_count() -> None:
    """Revenue is of the site's currency alone; an order without a total counts as one."""
    found = built(
        order(1, "10.10", days=-3),
        order(2, "0.02", days=-1),
        order(3, "99", paid=False, days=-9),
        order(4, "50", currency="EUR", days=-2),
        order(5, "50", currency=None, days=-5),
        order(6, None, days=-4),
    )
    assert (found.order_count, found.revenue, found.average_order) == (
        5,
        Decimal("10.12"),
        Decimal("5.06"),
    )
    assert (found.first_order_at, found.last_order_at) == (
        AT - timedelta(days=5),
        AT - timedelta(days=1),
    )
    assert (found.first_seen_at, found.last_activity_at) == (
        AT - timedelta(days=9),
        AT - timedelta(days=1),
    )


def test_the_average_has_the_places_of_the_currency() -> None:
    """Halves are rounded up."""
    orders = [order(number, total) for number, total in enumerate(("0.01", "0.02", "10.00"))]
    assert str(built(*orders).average_order) == "3.34"
    yen = [order(number, total, currency="JPY") for number, total in enumerate(("1", "2"))]
    assert str(built(*yen, site=replace(SITE, currency="JPY")).average_order) == "2"


def test_who_did_nothing_has_zeros() -> None:
    """Nothing is known of them, and nothing is owed."""
    assert build_profile(KnownFacts(), SITE) == Profile()
    assert str(built(order(1, "5", paid=False)).revenue) == "0"


def test_times_are_in_the_sites_zone() -> None:
    """As everywhere in the normal form. Courses come in the order of enrolment."""
    known = KnownFacts(
        courses=(
            CourseFact("2", "B", "e", AT + timedelta(days=1)),
            CourseFact("1", "A", "e", AT),
        ),
        submissions={"quiz": 3, "discussion": 1},
        first_seen_at=AT,
        last_active_at=AT,
    )
    found = build_profile(known, SITE)
    assert [course.id for course in found.courses] == ["1", "2"]
    assert found.courses[0] == ProfileCourse(id="1", name="A", enrolled_at=AT)
    counts = (found.course_count, found.quiz_count, found.assignment_count, found.discussion_count)
    assert counts == (2, 3, 0, 1)
    times = (found.first_seen_at, found.last_activity_at, found.courses[0].enrolled_at)
    assert {at.tzinfo for at in times if at} == {SITE.timezone}


def test_the_profile_of_one_event() -> None:
    """As it is where nothing else is known of the person."""
    event = reading(sampled("order.placed"))
    found = profile_of_event(event, "student@app.com", id="e1", received_at=AT)
    assert (found.order_count, found.revenue) == (1, Decimal(220))
    quiz = reading(sampled("quiz.submitted"))
    found = profile_of_event(quiz, quiz.keys[0], id="e1", received_at=AT)
    assert (found.quiz_count, found.last_activity_at) == (1, quiz.occurred_at(AT))
    announced = reading(sampled("announcement.created"))
    empty = profile_of_event(announced, announced.keys[0], id="e1", received_at=AT)
    assert empty == Profile()
