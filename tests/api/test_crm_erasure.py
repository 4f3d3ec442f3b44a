"""A person is erased from the CRM and from the gateway, over the admin API and by the command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.api.conftest import Api, account, asked
from tests.cli.command import command
from tests.fakes.salesforce import FakeSalesforce
from tests.processes import write_config

ANN, BEN = "ann@example.edu", "ben@example.edu"


@dataclass(frozen=True)
class School:
    """A gateway that writes to a Salesforce org and to a sandbox, which can't erase."""

    api: Api
    org: FakeSalesforce
    directory: Path

    def emails(self) -> list[str]:
        return [row["Email"] for row in self.org.records("Contact")]


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
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
        with asked(write_config(tmp_path, body)) as api:
            for email in (ANN, BEN):
                api.take("account.created", account(email))
            api.settled()
            assert len(org.records("Contact")) == 2
            yield School(api, org, tmp_path)


def test_a_plan_says_what_would_be_erased_and_erases_nothing(school: School) -> None:
    """Per connector, with what is left to people; no address in any of it."""
    plan = school.api.get(f"/api/erasures/{ANN.upper()}")
    crm, sandbox = plan["items"]
    assert crm["connector"] == "crm"
    assert crm["steps"][0].startswith("delete Contact 003")
    assert (sandbox["steps"], sandbox["left"][0]["message"]) == (
        [],
        "this connector cannot erase: look in the CRM itself",
    )
    assert ANN not in str(plan)
    assert school.emails() == [ANN, BEN]


def test_nothing_is_erased_in_a_crm_unasked(school: School) -> None:
    """The gateway's own copy goes; the CRM keeps its Contact, and that is said."""
    gone = school.api.ask("DELETE", f"/api/people/{ANN}")
    assert gone["events"] == 1
    assert gone["crm"] == []
    assert "what was written to a CRM, a sandbox among them" in gone["beyond_reach"]
    assert school.emails() == [ANN, BEN]


def test_a_person_goes_from_the_crm_and_from_the_gateway(school: School) -> None:
    """The others stay; the log says what was done, without the address."""
    gone = school.api.ask("DELETE", f"/api/people/{ANN}", params={"in_crm": "true"})
    assert gone["events"] == 1
    assert [one["failed"] for one in gone["crm"]] == [[], []]
    assert school.emails() == [BEN]
    assert school.api.get(f"/api/people/{ANN}")["records"] == []
    log = school.api.running.log.read_text()
    assert "person.erased_in_crm" in log
    assert ANN not in log


def test_where_the_crm_refuses_the_gateway_keeps_what_it_knows(school: School) -> None:
    """The ids of the person's records are needed to try again; afterwards all is gone."""
    (contact, _) = school.org.records("Contact")
    school.org.change(contact["Id"], _has_cases=True)
    words = command("forget", ANN, "--in-crm", "--yes", at=school.directory, code=1).out
    assert "DELETE_FAILED" in words
    assert "This gateway keeps what it knows of them: mend it and repeat." in words
    assert school.api.get(f"/api/people/{ANN}")["records"]
    school.org.change(contact["Id"], _has_cases=False)
    again = command("forget", ANN, "--in-crm", "--yes", "--json", at=school.directory).json
    assert (again["events"], again["crm"][0]["failed"]) == (1, [])
    assert school.emails() == [BEN]


def test_a_crm_out_of_reach_is_no_erasure(school: School) -> None:
    """Nothing is forgotten that could not be erased there."""
    school.org.stop()
    gone = school.api.ask("DELETE", f"/api/people/{ANN}", params={"in_crm": "true"})
    assert gone["events"] == 0
    assert "nobody listens there" in gone["crm"][0]["failed"][0]["message"]
    assert school.api.get(f"/api/people/{ANN}")["records"]


def test_the_command_erases_also_where_no_gateway_runs(school: School) -> None:
    """It opens the connectors for itself; the plan is shown before the question."""
    assert school.api.running.terminate() == 0
    said = command("forget", ANN, "--in-crm", at=school.directory, stdin="n\n", code=1)
    assert "crm would delete Contact 003" in said.out
    assert school.emails() == [ANN, BEN]
    command("forget", ANN, "--in-crm", "--yes", at=school.directory)
    assert school.emails() == [BEN]
