"""What a payload would write: one record for each key, each field with where it comes from."""

from __future__ import annotations

import json
from pathlib import Path

from receiver.aom import read_sample
from receiver.mapping.explanation import PlannedDelivery, explain_body
from tests.mapping.sample_routes import RECEIVED_AT, SITE, mapping, route

UPSERTS = """
[[routes.upsert]]
object = "contact"
fields.first = "{{ person.first_name }}"
fields.last_course = "none yet"

[[routes.upsert]]
object = "contact"
each = "course in courses"
fields.courses = { value = "{{ course.name }}", append = true }
fields.last_course = "{{ course.name }}"

[[routes.upsert]]
object = "ticket"
key_field = "k"
key = "{{ person.email }}"
fields.nothing = "{{ none }}"
"""


def planned(directory: Path) -> PlannedDelivery:
    """AOM's sample of an enrolment, with two courses."""
    body = json.loads(read_sample("course.enrolled") or b"{}")
    body["enrolled_courses_list"] = [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}]
    routes = mapping(directory, route("course.enrolled", UPSERTS))
    explained = explain_body(
        json.dumps(body).encode(), SITE, "course.enrolled", routes, now=RECEIVED_AT
    )
    (delivery,) = explained.deliveries
    return delivery


def test_a_record_is_told_once_as_it_would_be_sent(tmp_path: Path) -> None:
    """Of several upserts of one record the last value counts, and its place is told."""
    contact, ticket = planned(tmp_path).planned
    assert (contact.record.object, contact.record.fields["last_course"]) == ("contact", "B")
    assert contact.places == {
        "first": "routes[0].upsert[0].fields.first",
        "last_course": "routes[0].upsert[1].fields.last_course",
        "courses": "routes[0].upsert[1].fields.courses",
    }
    assert (ticket.record.object, ticket.record.fields, ticket.places) == ("ticket", {}, {})


def test_json_holds_every_record_also_one_of_its_key_alone(tmp_path: Path) -> None:
    """Options that are added are a list."""
    contact, ticket = planned(tmp_path).plain()["records"]
    assert contact["fields"]["courses"] == ["A", "B"]
    assert ticket["fields"] == {}
