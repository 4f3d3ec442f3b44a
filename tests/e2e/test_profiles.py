"""What the gateway knows of people in their contacts, through the real process."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.accounts import Account, HubSpotAccount, SalesforceAccount, configure
from tests.e2e.traffic import Post, post_all
from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, write_config

ADA, BEN = "ada@example.edu", "ben@example.edu"

CONFIG = """
[connectors.sandbox]
type = "sandbox"

[[routes]]
events = ["*"]
connector = "sandbox"

[[routes.upsert]]
object = "contact"
fields.orders = "{{ profile.order_count }}"
fields.revenue = "{{ profile.revenue }}"
fields.courses = "{{ profile.courses | map(attribute='name') | join(', ') }}"
fields.quizzes = "{{ profile.quiz_count }}"
fields.last_order = "{{ profile.last_order_at | date | default('never') }}"
"""

PLAIN = CONFIG.partition("fields.orders")[0] + 'fields.email = "{{ person.email }}"\n'


def order(number: int, status: str = "COMPLETED", *, total: str = "19.90", day: int = 1) -> Post:
    return "order.placed" if status == "COMPLETED" else "order.refunded", {
        "id": number,
        "status": status,
        "order_total": total,
        "currency": "United States (US) dollar",
        "date_created": f"2026-04-{day:02} 10:00:00",
        "line_items": [],
        "customer": {"id": 7, "email": ADA},
    }


def enrolment(course: int, name: str, *people: str) -> Post:
    return "course.enrolled", {
        "userList": [{"email": person} for person in people],
        "enrolled_courses_list": [{"id": course, "name": name}],
    }


def quiz(day: int) -> Post:
    return "quiz.submitted", {
        "email": ADA,
        "quiz": {"id": 1, "name": "One"},
        "date_submitted": f"2026-04-{day:02} 10:00:00",
    }


def deliver(running: Running, *posts: Post) -> None:
    for event, body in posts:  # one after the other: the next one may undo it
        answer = httpx.post(f"{running.url}/in/{TOKEN}/{event}", json=body)
        assert answer.status_code in (200, 202), answer.text
    assert running.wait_until_delivered()["dead"] == 0


def hand_in_late(running: Running, post: Post, at: str) -> None:
    event, body = post
    headers = {"Authorization": f"Bearer {TOKEN}", "Occurred-At": at}
    answer = httpx.post(f"{running.url}/events/{event}", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    assert running.wait_until_delivered()["dead"] == 0


def contact(running: Running, person: str = ADA) -> Mapping[str, Any]:
    found: list[Mapping[str, Any]] = [
        one["fields"] for one in running.records("sandbox", "contact") if one["key"] == person
    ]
    (only,) = found
    return only


def told(running: Running, person: str = ADA) -> tuple[Any, ...]:
    fields = contact(running, person)
    names = ("orders", "revenue", "courses", "quizzes", "last_order")
    return tuple(str(fields.get(name, "")) for name in names)  # what is empty is left out


def test_a_contact_tells_what_all_events_say(tmp_path: Path) -> None:
    """Orders, a refund and its undoing, a duplicate, a renamed course, an event that is handed in
    late, and a replay of everything.
    """
    with gateway(write_config(tmp_path, CONFIG)) as running:
        deliver(running, order(1), order(2, total="0.10", day=9), order(2, total="0.10", day=9))
        assert told(running) == ("2", "20.00", "", "0", "2026-04-09")
        deliver(running, order(2, "REFUNDED", day=9))
        assert told(running) == ("1", "19.90", "", "0", "2026-04-01")
        deliver(running, order(2, total="0.10", day=9), enrolment(5, "Algebra", ADA, BEN))
        deliver(running, enrolment(5, "Algebra II", ADA), quiz(3), quiz(4), quiz(3))
        now = ("2", "20.00", "Algebra II", "2", "2026-04-09")
        assert told(running) == now
        assert told(running, BEN) == ("0", "0", "Algebra", "0", "never")
        hand_in_late(running, order(2, "REFUNDED", day=9), "2026-04-10T12:00:00Z")
        assert told(running) == now  # it was undone since
        hand_in_late(running, order(3, total="5", day=2), "2026-04-02T12:00:00Z")
        assert told(running) == ("3", "25.00", "Algebra II", "2", "2026-04-09")
        httpx.post(
            f"{running.url}/api/replay",
            json={"state": "delivered"},
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
        ).raise_for_status()
        assert running.wait_until_delivered()["dead"] == 0
        assert told(running) == ("3", "25.00", "Algebra II", "2", "2026-04-09")


def test_an_order_that_moves_leaves_nothing_with_its_former_buyer(
    tmp_path: Path, crms: dict[str, Account]
) -> None:
    """A guest's address is put right at a later state of the order: both contacts say at once what
    is theirs, the deal is one, and no event has come for the former one.
    """
    name, body = order(1)
    wrong = {**body, "status": "ON-HOLD", "customer": {"id": 0, "email": BEN}}
    paid = {**body, "customer": {"id": 0, "email": BEN}}
    right = {**body, "customer": {"id": 0, "email": ADA}}
    with gateway(configure(tmp_path, *crms.values())) as running:
        deliver(running, ("order.pending", wrong), (name, paid))
        assert all(sums(crm) == {BEN: (1, 19.9)} for crm in crms.values())
        deliver(running, (name, right))
        for crm in crms.values():
            assert sums(crm) == {BEN: (0, 0), ADA: (1, 19.9)}
            assert len(crm.deals()) == 1
        events = httpx.get(
            f"{running.url}/api/events",
            params={"person": BEN},
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
        ).json()
        assert [one["event"] for one in events["items"]] == ["order.placed", "order.pending"]


def sums(account: Account) -> dict[str, tuple[float, float]]:
    """Orders and revenue of each contact, by the shipped mapping."""
    match account:
        case HubSpotAccount():
            rows = account.fake.records("contacts")
            keys = ["email", "aom_order_count", "aom_revenue"]
        case SalesforceAccount():
            rows = account.fake.records("Contact")
            keys = ["Email", "AOM_Order_Count__c", "AOM_Revenue__c"]
        case _:
            raise AssertionError(account)
    return {row[keys[0]]: (float(row[keys[1]]), float(row[keys[2]])) for row in rows}


def test_who_is_erased_begins_anew(tmp_path: Path) -> None:
    """Nothing of them is in the store, and nothing changes for who was in the same events."""
    with gateway(write_config(tmp_path, CONFIG)) as running:
        deliver(running, order(1), enrolment(5, "Algebra", ADA, BEN))
        answer = httpx.delete(
            f"{running.url}/api/people/{ADA}", headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}
        )
        answer.raise_for_status()
        deliver(running, enrolment(6, "Drawing", ADA, BEN))
        assert told(running) == ("0", "0", "Drawing", "0", "never")
        assert told(running, BEN) == ("0", "0", "Algebra, Drawing", "0", "never")


def test_killed_before_it_has_counted(tmp_path: Path) -> None:
    """What was accepted by a mapping without profiles, and what was in flight when the process was
    killed, counts after the next start.
    """
    config = write_config(tmp_path, PLAIN)
    with gateway(config) as running:
        deliver(running, *(order(number) for number in range(1, 51)))
    config.write_text(config.read_text().replace(PLAIN, CONFIG))
    numbers = range(51, 151)
    for turn in range(2):
        with gateway(config) as running:
            post_all(running, [order(number) for number in numbers[turn * 50 : turn * 50 + 50]])
            running.kill()
    with gateway(config) as running:
        running.wait_until_delivered(180)
        assert told(running)[:2] == ("150", "2985.00")
    with sqlite3.connect(tmp_path / "aom-gateway.db") as store:
        assert store.execute("SELECT count(*) FROM uncounted").fetchone() == (0,)


FIELDS = {
    "hubspot": {"revenue": "aom_test_revenue", "orders": "aom_test_orders"},
    "salesforce": {"revenue": "AOM_Test_Revenue__c", "orders": "AOM_Test_Orders__c"},
}


def test_a_refund_takes_its_revenue_out_of_the_crm(tmp_path: Path, crm: Account) -> None:
    """In fields of one's own, which `provision` makes as numbers."""
    names = FIELDS[crm.name]
    assert isinstance(crm, HubSpotAccount | SalesforceAccount)
    crm.settings = f"""
[[routes]]
events = ["order.*"]
connector = "{crm.name}"

[[routes.upsert]]
object = "contact"
fields.{names["revenue"]} = "{{{{ profile.revenue }}}}"
fields.{names["orders"]} = "{{{{ profile.order_count }}}}"
"""
    with gateway(configure(tmp_path, crm)) as running:
        deliver(running, order(1), order(2, total="0.10"))
        assert numbers_of(crm) == pytest.approx((20.0, 2))
        deliver(running, order(1, "REFUNDED"))
        assert numbers_of(crm) == pytest.approx((0.1, 1))
        deliver(running, order(1))
        assert numbers_of(crm) == pytest.approx((20.0, 2))


def numbers_of(crm: Account) -> tuple[float, float]:
    """Revenue and number of orders of the only contact."""
    names = FIELDS[crm.name]
    match crm:
        case HubSpotAccount():
            (row,) = crm.fake.records("contacts")
        case SalesforceAccount():
            (row,) = crm.fake.records("Contact")
        case _:
            raise AssertionError(crm)
    return float(row[names["revenue"]]), float(row[names["orders"]])
