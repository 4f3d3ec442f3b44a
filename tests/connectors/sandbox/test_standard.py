"""The sandbox's standard mapping: what each event becomes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Append, Record, Ref
from receiver.aom import EVENTS, InvalidBody, SourceContext, read_event, read_sample
from receiver.mapping import RouteTable, fold_records
from receiver.settings import load_settings

CONFIG = """
[sources.springfield]
tokens = ["0123456789abcdef0123456789abcdef"]
timezone = "America/New_York"
[connectors.crm]
type = "sandbox"
mapping = "standard"
"""
ZONE = ZoneInfo("America/New_York")
SITE = SourceContext("springfield", ZONE, "USD")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DEMO = {"firstname": "Demo", "lastname": "Student"}


@pytest.fixture
def mapping(tmp_path: Path) -> RouteTable:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return RouteTable.compile(load_settings(path, {}))


def payload(event: str, **changes: Any) -> dict[str, Any]:
    """Give AOM's own sample with some of its keys changed."""
    body = read_sample(event)
    assert body is not None
    return {**json.loads(body), **changes}


def records(mapping: RouteTable, event: str, body: dict[str, Any]) -> list[Record]:
    seen = read_event(json.dumps(body).encode(), SITE, event)
    contexts = [seen.context(person.key, id="0190", received_at=NOW) for person in seen.people]
    return list(
        fold_records(
            [mapping.render("crm", "springfield", seen.name, context) for context in contexts]
        )
    )


def fields(
    mapping: RouteTable, event: str, body: dict[str, Any], object: str = "contact"
) -> dict[str, Any]:
    (found,) = (record for record in records(mapping, event, body) if record.object == object)
    return dict(found.fields)


def test_an_account_becomes_a_contact(mapping: RouteTable) -> None:
    """Names, AOM's id and the day of registration, under the address in lower case."""
    (contact,) = records(mapping, "account.created", payload("account.created"))
    assert contact.ref == Ref("contact", "johndoe@academyofmine.com")
    assert contact.fields == {
        "firstname": "John",
        "lastname": "Doe",
        "aom_id": "4",
        "registered_at": datetime(2020, 8, 11, 16, 58, tzinfo=ZONE),
    }


def test_an_enrolment_notes_all_courses(mapping: RouteTable) -> None:
    """All courses are appended and named in the last activity, and the last one is the last
    course.
    """
    body = payload(
        "course.enrolled",
        enrolled_courses_list=[{"id": 2, "name": "Logic"}, {"id": 5, "name": "Algebra"}],
    )
    assert fields(mapping, "course.enrolled", body) == {
        "firstname": "Aom",
        "lastname": "Staff",
        "aom_id": "1",
        "last_activity": "Enrolled in a course: Logic, Algebra",
        "last_activity_at": NOW,
        "courses": Append(("Logic", "Algebra")),
        "last_course": "Algebra",
        "last_course_id": "5",
    }


@pytest.mark.parametrize(
    ("event", "activity", "minutes"),
    [
        ("quiz.submitted", "Submitted a Quiz: quiz 1", (13, 37)),
        ("assignment.submitted", "Submitted an assignment: assignment 1", (13, 45)),
        ("discussion.submitted", "Submitted a discussion: Discussion Board", (17, 3)),
    ],
)
def test_work_handed_in_is_the_last_activity(
    event: str, activity: str, minutes: tuple[int, int], mapping: RouteTable
) -> None:
    """What was handed in, when, and in which course; AOM's id where the payload has one."""
    body = payload(event, course={"id": 2, "name": "Logic"})
    expected = {
        **DEMO,
        "last_activity": activity,
        "last_activity_at": datetime(2020, 8, 11, *minutes, tzinfo=ZONE),
        "last_course": "Logic",
        "last_course_id": "2",
    }
    assert fields(mapping, event, body) == expected | ({"aom_id": "3"} if "id" in body else {})


@pytest.mark.parametrize(
    ("event", "label"),
    [
        ("assignment.evaluated", "Evaluated an assignment"),
        ("assignment.rejected", "Rejected an assignment"),
    ],
)
def test_work_judged_notes_the_grade(event: str, label: str, mapping: RouteTable) -> None:
    """A grade is kept where AOM sends one, and the assignment may be missing altogether."""
    graded = fields(mapping, event, payload("assignment.submitted", grade="B+"))
    assert (graded["last_activity"], graded["last_grade"]) == (f"{label}: assignment 1", "B+")
    bare = fields(mapping, event, {"email": "student@app.com"})
    assert bare == {"last_activity": label, "last_activity_at": NOW}


@pytest.mark.parametrize(
    ("event", "status", "stage"),
    [
        ("order.pending", "PENDING", "pending"),
        ("order.placed", "COMPLETED", "won"),
        ("order.failed", "FAILED", "lost"),
        ("order.refunded", "REFUNDED", "refunded"),
        ("order.refused", "REFUSED", "lost"),
        ("order.placed", "SHIPPED", "pending"),
        ("order.failed", "CANCELLED", "lost"),
    ],
)
def test_an_order_becomes_a_deal_of_its_buyer(
    event: str, status: str, stage: str, mapping: RouteTable
) -> None:
    """One deal per order and site, linked to the buyer, with the stage that the event stands
    for.
    """
    contact, deal = records(mapping, event, payload("order.placed", status=status))
    assert contact.ref == Ref("contact", "student@app.com")
    assert contact.fields.items() >= {**DEMO, "aom_id": "3", "last_activity_at": NOW}.items()
    assert deal.ref == Ref("deal", "springfield:19")
    assert deal.links == (contact.ref,)
    assert deal.fields == {
        "dealname": "Order 19: Product, Prod 2",
        "amount": Decimal(220),
        "currency": "USD",
        "created_at": datetime(2020, 8, 11, 19, 45, tzinfo=ZONE),
        "status": status,
        "dealstage": stage,
    }


def test_an_announcement_becomes_nothing(mapping: RouteTable) -> None:
    """Nobody asked for contacts of all who are sent one."""
    assert records(mapping, "announcement.created", payload("announcement.created")) == []


def variants(body: Any) -> Iterator[Any]:
    """Leave out, empty or null each part in turn, at any depth."""
    if isinstance(body, dict):
        for key, value in body.items():
            yield {name: part for name, part in body.items() if name != key}
            yield from ({**body, key: other} for other in (None, "", [], *variants(value)))
    elif isinstance(body, list):
        yield from ([part] for item in body[:1] for part in variants(item))


@pytest.mark.parametrize("event", EVENTS)
def test_gaps_in_a_payload_are_gaps_in_the_record(event: str, mapping: RouteTable) -> None:
    """Whatever part of an accepted payload is missing, the mapping works, and writes no `None` and
    no loose end.
    """
    like = {
        "assignment.evaluated": "assignment.submitted",
        "assignment.rejected": "assignment.submitted",
    }
    body = payload(like.get(event, "order.placed" if event.startswith("order.") else event))
    accepted = 0
    for variant in variants(body):
        try:
            written = records(mapping, event, variant)
        except InvalidBody:
            continue
        accepted += 1
        texts = [
            value
            for record in written
            for value in (record.key, *record.fields.values())
            if isinstance(value, str)
        ]
        assert not [text for text in texts if "None" in text or text != text.strip(" :,")], variant
    assert accepted > 5
