"""Salesforce orgs with rules, triggers and people in them: what lands, what the operator reads, and the cure."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tests.api.conftest import account, asked, order
from tests.e2e.accounts import configure, salesforce
from tests.e2e.orgs.conftest import School
from tests.fakes.salesforce.characters import GUILTY, characterize
from tests.processes import until

WAITING = {
    "Busy": (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "Record Currently Unavailable: The record you are attempting to edit is being changed; please try again.",
    ),
    "Locked": ("ENTITY_IS_LOCKED", "This record is locked. If you need to edit it, contact your admin."),
    "Twin": ("DUPLICATE_VALUE", "duplicate value found: AOM_Key__c duplicates value on record with id: <unknown>"),
    "Novel": ("SOMETHING_NEW", "The moon is full."),
}
"""Last name → what Salesforce says of the row, though nobody is to blame: reported of Apex, approvals, slow orgs, new releases."""


def test_one_that_makes_a_trigger_throw_is_dead_alone(school: School) -> None:
    """All rows of its calls get the same code; the innocent are written once, and the words are Salesforce's."""
    character = characterize(school.org, "throwing_trigger")
    people = [f"trigger{number}@example.edu" for number in range(30)]
    for number, email in enumerate(people):
        school.api.take("account.created", account(email, last_name=GUILTY if number == 17 else "Lee"))
    school.api.settled()
    character.cure(school.org)
    assert school.status()["dead"] == 1
    (group,) = school.api.get("/api/groups")["dead"]
    assert "AomTrigger" in str(group)
    assert {school.contacts()[email]["writes"] for email in people if email != people[17]} == {1}
    assert people[17] not in school.contacts()
    school.api.post("/api/replay", group=group["id"])
    school.api.settled()
    assert people[17] in school.contacts()
    assert school.status()["dead"] == 0


def test_automation_that_takes_twelve_rows_gets_no_more(school: School) -> None:
    """Nobody is dead for the size of a call, and the status says which size works."""
    school.org.configure(most_rows=12)
    for number in range(100, 140):
        school.api.take("order.placed", order(number, f"rows{number}@example.edu"))
    school.api.settled()
    school.org.configure(most_rows=None)
    status = school.status()
    assert status["dead"] == 0
    assert 0 < max(status["sizes"].values()) <= 12
    found = school.deals()
    assert {found[f"springfield:{number}"]["writes"] for number in range(100, 140)} == {1}


def test_who_waits_is_told_why_and_goes_on(school: School) -> None:
    """A lock, an approval, a call that inserts our key just now, a code that nobody knows: pending, in Salesforce's own words."""
    for name, (code, words) in WAITING.items():
        school.org.rule("Contact", "LastName", name, words, code=code)
    ids = {name: school.api.take("account.created", account(f"{name.lower()}@example.edu", last_name=name)) for name in WAITING}
    until(lambda: (school.status()["waiting"] or {}).get("people") == len(WAITING), "all of them are told to wait")
    for name, id_ in ids.items():
        assert WAITING[name][1] in str(school.api.get(f"/api/events/{id_}"))
    status, readiness = school.status(), school.readiness("salesforce")
    assert (status["state"], status["dead"], status["pending"]) == ("running", 0, len(WAITING))
    for said in (status["reason"], readiness["reason"]):
        assert said.startswith("4 people wait: ")
        assert any(code in said for code, _ in WAITING.values())
        assert "@" not in said
    assert readiness["state"] == "running"
    school.org.clear_rules()
    school.api.post("/api/replay", ids=list(ids.values()))
    school.api.settled()
    assert {school.contacts()[f"{name.lower()}@example.edu"]["writes"] for name in WAITING} == {1}
    assert school.status()["reason"] == ""


def test_a_slow_org_gets_each_row_once(tmp_path: Path) -> None:
    """A call outlives its time and commits all the same: nobody is sent again before Salesforce is through, and that is said."""
    with ExitStack() as stack:
        sales = stack.enter_context(salesforce(settings='account = { policy = "person" }\ntimeout_seconds = 2'))
        api = stack.enter_context(asked(configure(tmp_path, sales)))
        sales.fake.configure(row_ms=400)
        people = [f"slow{number}@example.edu" for number in range(10)]
        for email in people:
            api.take("account.created", account(email))
        until(lambda: len(sales.fake.records("Contact")) == len(people), "all are written", 120)
        until(lambda: api.get("/api/status")["connectors"]["salesforce"]["waiting"], "who was not answered waits")
        status = api.get("/api/status")["connectors"]["salesforce"]
        assert "slow" in status["note"]
        assert status["dead"] == 0
        assert {row["writes"] for row in sales.fake.records("Contact")} == {1}


def test_a_contact_deleted_between_two_events_is_made_and_linked_anew(school: School) -> None:
    """The refund finds the buyer gone: a new Contact, and the order is that one's."""
    school.api.take("order.placed", order(7007, "deleted@example.edu"))
    school.api.settled()
    school.org.delete(school.contacts()["deleted@example.edu"]["Id"])
    school.api.take("order.refunded", order(7007, "deleted@example.edu", "REFUNDED"))
    school.api.settled()
    new = school.contacts()["deleted@example.edu"]["Id"]
    deal = school.deals()["springfield:7007"]
    assert deal["StageName"] == "Closed Lost"
    roles = school.org.records("OpportunityContactRole")
    assert (deal["Id"], new) in {(role["OpportunityId"], role["ContactId"]) for role in roles}
