"""A person is erased from the CRM and from the gateway, over the admin API and by the command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.admin.conftest import Api, account, asked
from tests.cli.command import command
from tests.fakes.salesforce import FakeSalesforce
from tests.processes import until, write_config


@dataclass(frozen=True)
class School:
    """A gateway that writes to a Salesforce org and to a sandbox, which can't erase."""

    api: Api
    org: FakeSalesforce
    directory: Path

    def enrol(self, email: str) -> str:
        """Let a person be written, and give the id of the Contact."""
        self.api.take("account.created", account(email))
        self.api.settled()
        return self.contacts()[email]

    def contacts(self) -> dict[str, str]:
        return {row["Email"]: row["Id"] for row in self.org.records("Contact")}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """One for all tests: each has its own person, and the last one ends the gateway."""
    directory = tmp_path_factory.mktemp("school")
    with FakeSalesforce() as org:
        body = f"""
[connectors.crm]
type = "salesforce"
domain = "acme.my"
client_id = "gateway"
client_secret = "right"
base_url = "{org.url}"
mapping = "standard"
on_forget = "delete"

[connectors.sandbox]
type = "sandbox"
mapping = "standard"
"""
        with asked(write_config(directory, body)) as api:
            yield School(api, org, directory)


def test_a_plan_says_what_would_be_erased_and_erases_nothing(school: School) -> None:
    """Per connector, with what is left to people; no address in any of it."""
    contact = school.enrol("ann@example.edu")
    plan = school.api.get("/api/erasures/Ann@example.edu")
    crm, sandbox = plan["items"]
    assert (crm["connector"], crm["left"]) == ("crm", [])
    assert crm["steps"] == [f"delete Contact {contact}, which stays in the Recycle Bin for 15 days"]
    assert (sandbox["steps"], sandbox["left"][0]["message"]) == (
        [],
        "this connector cannot erase: look in the CRM itself",
    )
    assert "ann@" not in str(plan)
    assert "ann@example.edu" in school.contacts()


def test_nothing_is_erased_in_a_crm_unasked(school: School) -> None:
    """The gateway's own copy goes; the CRM keeps its Contact, and that is said."""
    school.enrol("ben@example.edu")
    gone = school.api.ask("DELETE", "/api/people/ben@example.edu")
    assert (gone["events"], gone["crm"]) == (1, [])
    assert "what was written to a CRM, a sandbox among them" in gone["beyond_reach"]
    assert "ben@example.edu" in school.contacts()


def test_a_person_goes_from_the_crm_and_from_the_gateway(school: School) -> None:
    """The others stay; the log says what was done, without the address."""
    school.enrol("stays@example.edu")
    school.enrol("cid@example.edu")
    gone = school.api.ask("DELETE", "/api/people/cid@example.edu", params={"in_crm": "true"})
    assert gone["events"] == 1
    assert [one["failed"] for one in gone["crm"]] == [[], []]
    assert "cid@example.edu" not in school.contacts()
    assert "stays@example.edu" in school.contacts()
    assert school.api.get("/api/people/cid@example.edu")["records"] == []
    log = school.api.running.log
    until(lambda: "person.erased_in_crm" in log.read_text(), "the log tells it")
    assert "cid@" not in log.read_text()


def test_a_former_address_is_erased_with_the_one_of_now(school: School) -> None:
    """A record that the org has by an address which the person had before goes as well."""
    for email in ("ida@old.example", "ida@new.example"):
        school.api.take("account.created", account(email, id=4711))
        school.api.settled()
    school.org.seed("Contact", LastName="Ida", AOM_Key__c="ida@old.example")
    gone = school.api.ask("DELETE", "/api/people/ida@old.example", params={"in_crm": "true"})
    assert len(gone["crm"][0]["steps"]) == 2
    keys = {row["AOM_Key__c"] for row in school.org.records("Contact")}
    assert keys.isdisjoint({"ida@old.example", "ida@new.example"})


def test_nothing_is_written_behind_the_erasure(school: School) -> None:
    """A call that was under way ends first, and what else was pending is given up: nobody comes
    back by it.
    """
    school.enrol("warm@example.edu")
    school.org.configure(row_ms=1500)
    calls = school.org.stats()["calls"]
    school.api.take("account.created", account("gus@example.edu"))
    until(lambda: school.org.stats()["calls"] > calls, "a call is under way")
    school.api.take("account.created", account("gus@example.edu", first_name="Later"))
    gone = school.api.ask("DELETE", "/api/people/gus@example.edu", params={"in_crm": "true"})
    school.org.configure(row_ms=0)
    assert [one["failed"] for one in gone["crm"]] == [[], []]
    school.enrol("hal@example.edu")
    assert "gus@example.edu" not in school.contacts()


def test_where_the_crm_refuses_the_gateway_keeps_what_it_knows(school: School) -> None:
    """The ids of the person's records are needed to try again; afterwards all is gone."""
    contact = school.enrol("dan@example.edu")
    school.org.change(contact, _has_cases=True)
    words = command("forget", "dan@example.edu", "--in-crm", "--yes", at=school.directory, code=1)
    assert "DELETE_FAILED" in words.out
    assert "This gateway keeps what it knows of them: mend it and repeat." in words.out
    assert school.api.get("/api/people/dan@example.edu")["records"]
    school.org.change(contact, _has_cases=False)
    done = command("forget", "dan@example.edu", "--in-crm", "--yes", "--json", at=school.directory)
    assert (done.json["events"], done.json["crm"][0]["failed"]) == (1, [])
    assert "dan@example.edu" not in school.contacts()


def test_a_crm_out_of_reach_is_no_erasure(school: School) -> None:
    """Nothing is forgotten that could not be erased there."""
    school.enrol("eve@example.edu")
    school.org.stop()
    try:
        gone = school.api.ask("DELETE", "/api/people/eve@example.edu", params={"in_crm": "true"})
    finally:
        school.org.start()
    assert gone["events"] == 0
    assert "nobody listens there" in gone["crm"][0]["failed"][0]["message"]
    assert school.api.get("/api/people/eve@example.edu")["records"]


def test_the_command_erases_also_where_no_gateway_runs(school: School) -> None:
    """It opens the connectors for itself; the plan is shown before the question."""
    contact = school.enrol("flo@example.edu")
    assert school.api.running.terminate() == 0
    said = command("forget", "flo@example.edu", "--in-crm", at=school.directory, code=2)
    assert f"crm would delete Contact {contact}" in said.out
    assert "flo@example.edu" in school.contacts()
    command("forget", "flo@example.edu", "--in-crm", "--yes", at=school.directory)
    assert "flo@example.edu" not in school.contacts()
