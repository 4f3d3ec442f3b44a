"""Lists with gaps, which PHP writes as objects with numbers for keys, through the real process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from receiver.aom import read_sample
from tests.e2e.sender import deal, drift, enrolment, fields, learner, order, post
from tests.processes import SANDBOX, Running, gateway, write_config

MAPPING = """
[[routes]]
name = "announcements"
events = ["announcement.created"]
connector = "sandbox"
[[routes.upsert]]
object = "contact"
fields.last_announcement = "{{ announcement.title }}"

[[routes]]
name = "coupons"
events = ["order.*"]
connector = "sandbox"
[[routes.upsert]]
object = "deal"
key = "{{ source.name }}:{{ order.id }}"
fields.coupons = "{{ order.coupons | json }}"
fields.notes = "{{ order.notes | json }}"
"""

_numbers = count(60_000)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One process for all: each test has people and orders of its own."""
    with gateway(write_config(tmp_path_factory.mktemp("lists"), SANDBOX + MAPPING)) as running:
        yield running


def course(number: int) -> dict[str, Any]:
    return {"id": number, "name": f"Course {number}"}


def item(number: int) -> dict[str, Any]:
    return {"product_id": number, "product_name": f"P{number}", "quantity": 1, "total": "1"}


def of(make: Any, *keys: str) -> dict[str, Any]:
    """A list with gaps, with these keys in this order."""
    return {key: make(number) for number, key in enumerate(keys, 1)}


def reported(running: Running, id: str) -> list[str]:
    """What of the event could not be read, and whom it left out."""
    event = running.admin(f"/api/events/{id}")
    return [*event["unreadable"], *(one["path"] for one in event["left_out"])]


GAPS = [("0", "2"), ("1041", "977", "3"), ("7",), ("0", "1", "2"), ("007", "08")]


@pytest.mark.parametrize("keys", GAPS)
@pytest.mark.parametrize("event", ["course.enrolled", ""])
def test_everybody_is_enrolled_in_every_course(
    running: Running, keys: tuple[str, ...], event: str
) -> None:
    """However the keys run, with a URL of the event's own and on the shared one."""
    name = f"gap{next(_numbers)}n"
    body = enrolment(courses=of(course, *keys)) | {
        "userList": of(lambda number: learner(f"{name}{number}"), *keys)
    }
    answer = post(running, body, event).json()
    assert (answer["event"], answer["deliveries"]) == ("course.enrolled", len(keys))
    for number, _ in enumerate(keys, 1):
        contact = fields(running, "contact", f"{name}{number}@example.edu")
        assert contact is not None
        assert contact["courses"] == [f"Course {number}" for number, _ in enumerate(keys, 1)]
        assert contact["last_course_id"] == str(len(keys))
    assert reported(running, answer["id"]) == []


@pytest.mark.parametrize("keys", GAPS)
def test_an_announcement_reaches_everybody(running: Running, keys: tuple[str, ...]) -> None:
    """Each of those who received it has a record."""
    name = f"receiver{next(_numbers)}n"
    body = json.loads(read_sample("announcement.created") or b"") | {
        "receivers": of(lambda number: learner(f"{name}{number}"), *keys),
        "announcement_title": name,
    }
    answer = post(running, body).json()
    assert (answer["event"], answer["deliveries"]) == ("announcement.created", len(keys))
    for number, _ in enumerate(keys, 1):
        contact = fields(running, "contact", f"{name}{number}@example.edu")
        assert contact is not None
        assert contact["last_announcement"] == name
    assert reported(running, answer["id"]) == []


@pytest.mark.parametrize("keys", GAPS)
def test_an_order_has_all_its_items(running: Running, keys: tuple[str, ...]) -> None:
    """And all its coupons and notes, in the order in which they were sent."""
    number = next(_numbers)
    body = order(
        number,
        line_items=of(item, *keys),
        coupons=of(lambda coupon: {"code": f"C{coupon}"}, *keys),
        notes=of(lambda note: f"note {note}", *keys),
    )
    id = post(running, body, "order.placed").json()["id"]
    running.wait_until_delivered()
    numbers = range(1, len(keys) + 1)
    found = deal(running, number)
    assert found["dealname"] == f"Order {number}: " + ", ".join(f"P{one}" for one in numbers)
    assert json.loads(found["coupons"]) == [{"code": f"C{one}"} for one in numbers]
    assert json.loads(found["notes"]) == [f"note {one}" for one in numbers]
    assert reported(running, id) == []


@pytest.mark.parametrize("bad", [{"id": 5, "email": "none"}, None, "x", []])
def test_one_bad_entry_of_a_list_with_gaps_stays_alone(running: Running, bad: object) -> None:
    """The others are delivered; it is reported with its place."""
    name = f"apple{next(_numbers)}n"
    users = {"1": learner(f"{name}1"), "4": bad, "6": learner(f"{name}2")}
    answer = post(
        running, enrolment(courses={"3": course(1), "5": course(2)}) | {"userList": users}
    ).json()
    assert answer["deliveries"] == 2
    assert fields(running, "contact", f"{name}2@example.edu") is not None
    assert any(path.startswith("userList[1]") for path in reported(running, answer["id"]))
    assert any("(left out)" in path for _, path in drift(running))


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"line_items": {"1": item(1), "4": "x"}}, ["line_items[] (unreadable)"]),
        ({"line_items": {"1": item(1), "next": item(2)}}, ["line_items (unreadable)"]),
        ({"coupons": {"first": "SPRING"}}, ["coupons (unreadable)"]),
        ({"notes": {"-1": "x"}}, ["notes (unreadable)"]),
        ({"line_items": {}, "coupons": {}, "notes": {}}, []),
    ],
)
def test_what_is_no_list_of_an_order_is_reported(
    running: Running, changes: dict[str, Any], paths: list[str]
) -> None:
    """The order is delivered without it; an empty object is an empty list."""
    number = next(_numbers)
    id = post(running, order(number, **changes), "order.placed").json()["id"]
    running.wait_until_delivered()
    assert deal(running, number)["dealstage"] == "won"
    assert reported(running, id) == paths
    assert {("order.placed", path) for path in paths} <= drift(running).keys()


@pytest.mark.parametrize(
    "users", [{"1": learner("mixed1"), "x": learner("mixed2")}, {"-1": learner("mixed3")}, {}]
)
def test_what_is_no_list_of_people_is_kept_aside(running: Running, users: object) -> None:
    """Nobody is picked out of it at a guess; the answer says what was wanted."""
    answer = post(running, enrolment() | {"userList": users}, "course.enrolled")
    assert (answer.status_code, answer.json()["kept"]) == (422, True)
    assert answer.json()["errors"][0]["path"] == "userList"
