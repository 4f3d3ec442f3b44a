"""Orgs with rules, triggers and people in them, through the real gateway: what lands, what the operator reads, and the cure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.conftest import Api, account, asked, order
from tests.fakes.salesforce import FakeSalesforce
from tests.fakes.salesforce.characters import GUILTY, NEW_HOST, characterize
from tests.processes import until, write_config


@dataclass(frozen=True)
class School:
    """A gateway that writes to a Salesforce org."""

    api: Api
    org: FakeSalesforce

    def connector(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get("/api/status")["connectors"]["crm"]
        return found

    def wait_for_reason(self, words: str) -> dict[str, Any]:
        """Return the connector's status when its reason says so."""
        until(lambda: words in (self.connector()["reason"] or ""), f"the reason says {words!r}")
        return self.connector()

    def contacts(self) -> dict[str, dict[str, Any]]:
        return {row["Email"]: row for row in self.org.records("Contact")}


@pytest.fixture
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with FakeSalesforce() as org:
        body = f"""
[connectors.crm]
type = "salesforce"
domain = "acme.my"
client_id = "gateway"
client_secret = "right"
base_url = "{org.url}"
mapping = "standard"
account = {{ policy = "person" }}
"""
        with asked(write_config(tmp_path_factory.mktemp("school"), body)) as api:
            yield School(api, org)


def test_one_that_makes_a_trigger_throw_is_dead_alone(school: School) -> None:
    """All rows of its calls get the same code; the innocent are written once, and the words are Salesforce's."""
    characterize(school.org, "throwing_trigger")
    for number in range(30):
        name = GUILTY if number == 17 else "Lee"
        school.api.take("account.created", account(f"p{number}@example.edu", last_name=name))
    school.api.settled()
    assert school.connector()["dead"] == 1
    (group,) = school.api.get("/api/groups")["dead"]
    assert "AomTrigger" in str(group)
    assert {row["writes"] for row in school.org.records("Contact")} == {1}
    assert school.contacts().keys() == {f"p{number}@example.edu" for number in range(30)} - {"p17@example.edu"}


def test_automation_that_takes_twelve_rows_gets_no_more(school: School) -> None:
    """Nobody is dead for the size of a call."""
    characterize(school.org, "governor_limit")
    for number in range(40):
        school.api.take("order.placed", order(number, f"p{number}@example.edu"))
    school.api.settled()
    assert school.connector()["dead"] == 0
    assert len(school.org.records("Opportunity")) == 40
    assert {row["writes"] for row in school.org.records("Opportunity")} == {1}


def test_a_renamed_domain_pauses_and_goes_on_by_itself(school: School) -> None:
    """The status names the new host; nothing is dead, and nothing is lost."""
    character = characterize(school.org, "renamed_domain")
    school.api.take("account.created", account("ann@example.edu"))
    status = school.wait_for_reason(NEW_HOST)
    assert (status["state"], status["pending"], status["dead"]) == ("paused", 1, 0)
    character.cure(school.org)
    school.api.settled()
    assert school.contacts()["ann@example.edu"]["AccountId"]


def test_a_contact_deleted_between_two_events_is_made_and_linked_anew(school: School) -> None:
    """The refund finds the buyer gone: a new Contact, and the order is that one's."""
    school.api.take("order.placed", order(7, "ann@example.edu"))
    school.api.settled()
    school.org.delete(school.contacts()["ann@example.edu"]["Id"])
    school.api.take("order.refunded", order(7, "ann@example.edu", "REFUNDED"))
    school.api.settled()
    new = school.contacts()["ann@example.edu"]["Id"]
    (deal,) = school.org.records("Opportunity")
    assert deal["StageName"] == "Closed Lost"
    roles = school.org.records("OpportunityContactRole")
    assert (deal["Id"], new) in {(role["OpportunityId"], role["ContactId"]) for role in roles}


def test_a_row_with_an_unknown_code_waits_and_says_why(school: School) -> None:
    """Its words stand in its story; when Salesforce takes it, it is there, and nothing was dead meanwhile."""
    school.org.rule("Contact", "LastName", "Lee", "The moon is full.", code="SOMETHING_NEW")
    id_ = school.api.take("account.created", account("ann@example.edu"))
    words = "SOMETHING_NEW: The moon is full."
    until(lambda: words in str(school.api.get(f"/api/events/{id_}")), "its story says why it waits")
    assert (school.connector()["pending"], school.connector()["dead"]) == (1, 0)
    school.org.clear_rules()
    school.api.settled()
    assert "ann@example.edu" in school.contacts()
