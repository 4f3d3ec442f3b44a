"""A learner whose address changes in AOM, through the real process and into both CRMs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.accounts import Account, configure, hubspot, salesforce
from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, write_config

OLD, NEW, BEN = "ann@old.example", "ann@new.example", "ben@example.edu"
ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}


def learner(aom_id: int | None, email: str, name: str = "Ann") -> dict[str, Any]:
    return {"id": aom_id, "first_name": name, "last_name": "Lee", "email": email}


def post(running: Running, event: str, body: dict[str, Any]) -> str:
    answer = httpx.post(f"{running.url}/in/{TOKEN}/{event}", json=body, trust_env=False)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def account(running: Running, aom_id: int, email: str, name: str = "Ann") -> str:
    body = learner(aom_id, email, name)
    return post(running, "account.created", {**body, "date_registered": "Aug 11, 2026 04:58 PM"})


def quiz(running: Running, aom_id: int | None, email: str, number: int = 1) -> str:
    body = learner(aom_id, email) | {"date_submitted": "Aug 12, 2026 04:58 PM"}
    return post(running, "quiz.submitted", {**body, "quiz": {"id": number, "name": f"Q{number}"}})


def order(running: Running, number: int, aom_id: int, email: str, status: str = "COMPLETED") -> str:
    event = {"COMPLETED": "order.placed", "REFUNDED": "order.refunded"}[status]
    body = {"id": number, "status": status, "order_total": 220, "line_items": []}
    body |= {"date_created": "Aug 12, 2026 04:58 PM", "customer": learner(aom_id, email)}
    return post(running, event, body)


def delivered(running: Running) -> None:
    assert running.wait_until_delivered()["dead"] == 0


def replay_all(running: Running) -> None:
    body = {"since": "2000-01-01T00:00:00Z"}
    httpx.post(f"{running.url}/api/replay", json=body, headers=ADMIN).raise_for_status()
    delivered(running)


def forget(running: Running, email: str) -> dict[str, Any]:
    gone = httpx.delete(f"{running.url}/api/people/{email}", headers=ADMIN, timeout=60)
    assert gone.status_code == 200
    found: dict[str, Any] = gone.json()
    return found


def found_by(running: Running, email: str) -> int:
    return len(running.admin(f"/api/events?person={email}")["items"])


@pytest.fixture
def accounts() -> Iterator[tuple[Account, Account]]:
    with ExitStack() as stack:
        yield stack.enter_context(hubspot()), stack.enter_context(salesforce())


def test_a_changed_address_is_one_contact_with_the_new_one(
    tmp_path: Path, accounts: tuple[Account, Account]
) -> None:
    """The contact keeps its id, gets the new address, and keeps it whatever comes late or is
    replayed; its orders stay with it. By either address the person is found, and forgotten.
    """
    with gateway(configure(tmp_path, *accounts)) as running:
        account(running, 7, OLD)
        order(running, 19, 7, OLD)
        delivered(running)
        before = {one.name: one.contacts()[OLD].id for one in accounts}
        quiz(running, 7, NEW)
        delivered(running)
        for one in accounts:
            assert {key: each.id for key, each in one.contacts().items()} == {NEW: before[one.name]}
        order(running, 19, 7, OLD, "REFUNDED")
        order(running, 20, 7, "gift@example.edu")
        post(running, "assignment.submitted", {"email": OLD, "assignment": {"id": 1}})
        delivered(running)
        replay_all(running)
        for one in accounts:
            assert {key: each.id for key, each in one.contacts().items()} == {NEW: before[one.name]}
            assert one.buyers() == [("springfield:19", NEW), ("springfield:20", NEW)]
            assert one.deals()["springfield:19"].status == "REFUNDED"
        assert found_by(running, OLD) == found_by(running, NEW) == 6
        person = running.admin(f"/api/people/{OLD}")
        assert (person["email"], person["emails"]) == (NEW, [NEW, OLD])
        assert [lane["connector"] for lane in person["lanes"]] == ["hubspot", "salesforce"]
        assert {one["id"] for one in person["records"] if one["object"] == "contact"} == {
            *before.values()
        }
        assert forget(running, OLD)["events"] == 6
        assert found_by(running, NEW) == 0
        assert running.terminate() == 0
    stored = (tmp_path / "aom-gateway.db").read_bytes()
    assert not any(address.encode() in stored for address in (OLD, NEW, "gift@example.edu"))


def test_a_contact_that_has_the_new_address_already_is_written_from_then_on(
    tmp_path: Path, accounts: tuple[Account, Account]
) -> None:
    """An event without id had made it. The former one stays; the person's page has both."""
    with gateway(configure(tmp_path, *accounts)) as running:
        account(running, 7, OLD)
        post(running, "assignment.submitted", {"email": NEW, "assignment": {"id": 1}})
        delivered(running)
        before = [one.contacts() for one in accounts]
        quiz(running, 7, NEW)
        quiz(running, 7, NEW, 2)
        delivered(running)
        records = running.admin(f"/api/people/{NEW}")["records"]
        for one, contacts in zip(accounts, before, strict=True):
            assert {key: each.id for key, each in one.contacts().items()} == {
                key: each.id for key, each in contacts.items()
            }
            kept = {each["id"] for each in records if each["connector"] == one.name}
            assert kept == {each.id for each in contacts.values()}


def test_a_contact_that_staff_made_is_no_endless_loop(tmp_path: Path) -> None:
    """HubSpot refuses the address that another contact has: that one is written, and the words tell
    of both.
    """
    with hubspot() as crm, gateway(configure(tmp_path, crm)) as running:
        account(running, 7, OLD)
        delivered(running)
        former = crm.contacts()[OLD].id
        staff = crm.fake.seed_contact(NEW)
        changed = quiz(running, 7, NEW)
        delivered(running)
        assert {key: each.id for key, each in crm.contacts().items()} == {OLD: former, NEW: staff}
        (told,) = running.admin(f"/api/events/{changed}")["deliveries"][0]["attempts"]
        assert f"{former}, which has the former one, stays as it is" in told["notes"][0]
        calls = crm.calls()
        quiz(running, 7, NEW, 2)
        delivered(running)
        assert crm.calls() == calls + 1
        assert crm.contacts()[NEW].id == staff


def test_two_children_with_their_parents_address(
    tmp_path: Path, accounts: tuple[Account, Account]
) -> None:
    """They are one contact as long as they share it; when one gets an address, nobody follows who
    is another account.
    """
    with gateway(configure(tmp_path, *accounts)) as running:
        account(running, 7, OLD)
        account(running, 8, OLD, "Ben")
        quiz(running, 8, BEN)
        delivered(running)
        quiz(running, 7, OLD)
        delivered(running)
        for one in accounts:
            assert {*one.contacts()} == {OLD, BEN}
        quiz(running, 7, NEW)
        quiz(running, 8, BEN, 2)
        delivered(running)
        for one in accounts:
            assert {*one.contacts()} == {NEW, BEN}


def test_an_address_that_was_left_becomes_another_accounts(
    tmp_path: Path, accounts: tuple[Account, Account]
) -> None:
    """Two contacts, each with its account's data."""
    with gateway(configure(tmp_path, *accounts)) as running:
        account(running, 7, OLD)
        delivered(running)
        first = {one.name: one.contacts()[OLD].id for one in accounts}
        quiz(running, 7, NEW)
        delivered(running)
        account(running, 8, OLD, "Ben")
        delivered(running)
        for one in accounts:
            contacts = one.contacts()
            assert {*contacts} == {NEW, OLD}
            assert contacts[NEW].id == first[one.name]
            assert (contacts[NEW].first_name, contacts[OLD].first_name) == ("Ann", "Ben")
        forget(running, OLD)
        assert (found_by(running, OLD), found_by(running, NEW)) == (0, 2)


@pytest.mark.parametrize("given_up", [False, True])
def test_an_address_is_another_accounts_before_the_change_is_delivered(
    tmp_path: Path, accounts: tuple[Account, Account], given_up: bool
) -> None:
    """Each contact stays its person's, also where the event that told of the new address was given
    up, and the other account's is the first to be delivered.
    """
    with gateway(configure(tmp_path, *accounts)) as running:
        account(running, 7, OLD)
        delivered(running)
        first = {one.name: one.contacts()[OLD].id for one in accounts}
        for one in accounts:
            one.collapse()
        changed = quiz(running, 7, NEW)
        taken = account(running, 8, OLD, "Ben")
        people = [one["person"] for one in running.admin(f"/api/events/{taken}")["deliveries"]]
        assert people == [OLD, OLD]
        if given_up:
            for each in running.admin(f"/api/events/{changed}")["deliveries"]:
                path = f"{running.url}/api/deliveries/{each['id']}/discard"
                httpx.post(path, headers=ADMIN).raise_for_status()
        for one in accounts:
            one.clear()
        delivered(running)
        quiz(running, 7, NEW, 2)
        quiz(running, 8, OLD, 3)
        delivered(running)
        for one in accounts:
            contacts = one.contacts()
            assert {*contacts} == {NEW, OLD}
            assert contacts[NEW].id == first[one.name]
            assert (contacts[NEW].first_name, contacts[OLD].first_name) == ("Ann", "Ben")


def test_switched_off_each_address_is_a_person(tmp_path: Path) -> None:
    """`identity = "email"`: two addresses of one id are two contacts."""
    with hubspot() as crm:
        config = configure(tmp_path, crm)
        text = config.read_text()
        config.write_text(
            text.replace("[sources.springfield]", '[sources.springfield]\nidentity = "email"')
        )
        with gateway(config) as running:
            account(running, 7, OLD)
            quiz(running, 7, NEW)
            delivered(running)
        assert {*crm.contacts()} == {OLD, NEW}


def test_the_sandbox_follows(tmp_path: Path) -> None:
    """The record gets the new key, and no second one is made; also where ids are missing or 0."""
    with gateway(write_config(tmp_path)) as running:
        account(running, 7, OLD)
        quiz(running, None, BEN)
        quiz(running, 0, "guest@example.edu")
        delivered(running)
        before = {one["key"]: one["id"] for one in running.records("sandbox", "contact")}
        quiz(running, 7, NEW)
        delivered(running)
        after = {one["key"]: one["id"] for one in running.records("sandbox", "contact")}
        assert after == {NEW if key == OLD else key: id for key, id in before.items()}


COUNTING = """
[connectors.sandbox]
type = "sandbox"

[[routes]]
events = ["*"]
connector = "sandbox"

[[routes.upsert]]
object = "contact"
fields.orders = "{{ profile.order_count }}"
fields.quizzes = "{{ profile.quiz_count }}"
"""


def test_the_profile_goes_on_with_the_new_address(tmp_path: Path) -> None:
    """What was bought and handed in by any of the addresses is the same person's."""
    with gateway(write_config(tmp_path, COUNTING)) as running:
        account(running, 7, OLD)
        order(running, 19, 7, OLD)
        quiz(running, 7, OLD)
        quiz(running, 7, NEW, 2)
        order(running, 20, 7, NEW)
        post(running, "quiz.submitted", {"email": NEW, "quiz": {"id": 3}})
        delivered(running)
        (contact,) = running.records("sandbox", "contact")
        assert (contact["key"], contact["fields"]["orders"], contact["fields"]["quizzes"]) == (
            NEW,
            2,
            3,
        )
