"""What staff writes in a CRM stays: the real process, several events, a replay of everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.accounts import (
    Account,
    HubSpotAccount,
    SalesforceAccount,
    configure,
    hubspot,
    salesforce,
)
from tests.e2e.traffic import Post, post_all
from tests.processes import ADMIN_TOKEN, Running, gateway, until

ADA = "ada@example.edu"
BOB = "bob@example.edu"
EVE = "eve@example.edu"


def order(number: int, email: str, first_name: str = "ada", last_name: str = "LOVELACE") -> Post:
    """A paid order of somebody who writes a name so."""
    buyer = {"id": number, "email": email, "first_name": first_name, "last_name": last_name}
    return (
        "order.placed",
        {"id": number, "status": "COMPLETED", "total": "9.00", "line_items": [], "customer": buyer},
    )


def announcement(*people: str) -> Post:
    receivers = [{"email": email, "name": "Somebody"} for email in people]
    told = {"announcement_title": "Term", "announcement": "It begins", "receivers": receivers}
    return "announcement.created", told


def edit_contact(crm: Account, email: str, first_name: str, last_name: str) -> None:
    """As staff does, in the CRM."""
    id_ = crm.contacts()[email].id
    match crm:
        case HubSpotAccount():
            crm.fake.edit("contacts", id_, firstname=first_name, lastname=last_name)
        case SalesforceAccount():
            crm.fake.change(id_, FirstName=first_name, LastName=last_name)


def seed_contact(crm: Account, email: str, last_name: str) -> None:
    """Somebody whom staff has entered, with a last name alone."""
    match crm:
        case HubSpotAccount():
            id_ = crm.fake.seed_contact(email)
            crm.fake.edit("contacts", id_, lastname=last_name)
        case SalesforceAccount():
            crm.fake.seed("Contact", Email=email, LastName=last_name)


def names(crm: Account) -> dict[str, tuple[str, str]]:
    return {email: (one.first_name, one.last_name) for email, one in crm.contacts().items()}


def deliver(running: Running, *posts: Post) -> None:
    post_all(running, posts)
    assert running.wait_until_delivered()["dead"] == 0


def replay_everything(running: Running) -> int:
    """All that was ever accepted, once more."""
    answer = httpx.post(
        f"{running.url}/api/replay",
        json={"state": "delivered"},
        headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
    )
    answer.raise_for_status()
    assert running.wait_until_delivered()["dead"] == 0
    replayed: int = answer.json()["replayed"]
    return replayed


def test_a_name_that_staff_edits_survives_everything(tmp_path: Path, crm: Account) -> None:
    """A new buyer gets a name; staff tidies it; later orders and a replay of everything leave it.
    Who was there before keeps what was filled, and gets what was empty.
    """
    seed_contact(crm, BOB, "Byron")
    with gateway(configure(tmp_path, crm)) as running:
        deliver(running, order(1, ADA), order(2, BOB, "bob", "BYRON"))
        assert names(crm) == {ADA: ("ada", "LOVELACE"), BOB: ("bob", "Byron")}
        edit_contact(crm, ADA, "Ada", "Lovelace")
        edit_contact(crm, BOB, "Bob", "Byron")
        tidy = {ADA: ("Ada", "Lovelace"), BOB: ("Bob", "Byron")}
        deliver(running, order(3, ADA, "AUGUSTA"), order(4, BOB, "ROBERT"))
        assert names(crm) == tidy
        crm.forget_calls()
        before = {email: one.writes for email, one in crm.contacts().items()}
        assert replay_everything(running) == 4
        assert names(crm) == tidy
        assert all(one.writes > before[email] for email, one in crm.contacts().items())
        assert len(crm.deals()) == len(crm.buyers()) == 4


def reads(crm: Account) -> int:
    """How often the CRM was asked what it holds, of people who are written alone."""
    match crm:
        case HubSpotAccount():
            return crm.fake.calls("contacts/batch/read")
        case SalesforceAccount():
            return crm.fake.called("GET /query") + crm.fake.called("POST /composite")
    raise AssertionError(crm)


def test_known_people_are_not_asked_for(tmp_path: Path, crm: Account) -> None:
    """Neither by later events nor by a replay: once read, what is theirs is known."""
    seed_contact(crm, BOB, "Byron")
    with gateway(configure(tmp_path, crm)) as running:
        deliver(running, order(1, ADA), order(2, BOB))
        assert reads(crm) > 0
        crm.forget_calls()
        quiz = (
            "quiz.submitted",
            {"email": ADA, "id": 1, "first_name": "A", "quiz": {"id": 1, "name": "Sums"}},
        )
        deliver(running, quiz)
        replay_everything(running)
        assert reads(crm) == 0


def test_an_announcement_makes_no_contact(tmp_path: Path) -> None:
    """Who is there is told of it; who is not is left alone, and the delivery says so."""
    with hubspot() as crm, gateway(configure(tmp_path, crm)) as running:
        seed_contact(crm, BOB, "Byron")
        deliver(running, order(1, ADA), announcement(ADA, BOB, EVE))
        people = {one["email"]: one for one in crm.fake.records("contacts")}
        assert people.keys() == {ADA, BOB}
        assert {one["aom_last_announcement"] for one in people.values()} == {"Term"}
        assert notes_of(running, EVE) == [
            f"contact {EVE}: it is not in the CRM, and the mapping makes none: nothing was written"
        ]
        deliver(running, order(2, EVE))
        assert EVE in crm.contacts()


def notes_of(running: Running, person: str) -> list[str]:
    (event,) = running.admin(f"/api/events?person={person}")["items"]
    deliveries: list[dict[str, Any]] = running.admin(f"/api/events/{event['id']}")["deliveries"]
    (own,) = (one for one in deliveries if one["person"] == person)
    assert own["state"] == "delivered"
    return [note for attempt in own["attempts"] for note in attempt["notes"]]


@pytest.mark.parametrize("open_", [hubspot, salesforce])
def test_who_was_deleted_has_a_name_again(tmp_path: Path, open_: Callable[[], Any]) -> None:
    """Staff deletes a contact; the next order makes it anew, with all that a new one has."""
    with open_() as crm, gateway(configure(tmp_path, crm)) as running:
        deliver(running, order(1, ADA, "Ada", "Lovelace"))
        id_ = crm.contacts()[ADA].id
        if isinstance(crm, HubSpotAccount):
            crm.fake.delete("contacts", id_)
        else:
            crm.fake.delete(id_)
        deliver(running, order(2, ADA, "Ada", "Lovelace"))
        until(lambda: ADA in crm.contacts(), "the contact is there again")
        assert names(crm) == {ADA: ("Ada", "Lovelace")}
        assert crm.contacts()[ADA].id != id_
