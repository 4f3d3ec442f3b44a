"""What both CRMs do to an integration, played at once: a connector that is paused holds up no other."""

from __future__ import annotations

import json

import httpx

from receiver.aom import sample
from tests.api.conftest import account, order
from tests.cli.command import command
from tests.e2e.orgs.conftest import School
from tests.fakes.hubspot.characters import CHARACTERS
from tests.fakes.salesforce.characters import NEW_HOST, characterize


def test_a_fault_of_the_set_up_pauses_and_goes_on_by_itself(school: School) -> None:
    """A renamed My Domain, a property that was made read-only: named with the cure, no attempt counts, and nothing is lost."""
    renamed, read_only = characterize(school.org, "renamed_domain"), CHARACTERS["read_only_property"]
    assert read_only.cure is not None
    read_only.give(school.hubspot.fake)
    quiz = json.loads(sample("quiz.submitted") or b"{}")
    school.api.take("quiz.submitted", {**quiz, "email": "paused@example.edu"})
    for connector, words in (("salesforce", NEW_HOST), ("hubspot", "aom_last_activity")):
        status = school.wait_for_reason(words, connector)
        assert (status["state"], status["pending"], status["dead"]) == ("paused", 1, 0)
        assert school.readiness(connector) == {"state": "paused", "reason": status["reason"]}
    shown = command("status", at=school.directory, code=1).out
    assert shown.count("paused") == 2
    renamed.cure(school.org)
    read_only.cure(school.hubspot.fake)
    school.api.running.wait_until_delivered(seconds=150)
    assert school.contacts()["paused@example.edu"]["AccountId"]
    assert "paused@example.edu" in school.hubspot.contacts()


def test_what_an_account_lacks_is_said_before_the_first_event(school: School) -> None:
    """No stage for customers: `check` says so, the order lands all the same, and its story says what was left out."""
    lacking = CHARACTERS["no_customer_stage"]
    lacking.give(school.hubspot.fake)
    private = characterize(school.org, "private_sharing")
    checked = command("check", "--online", at=school.directory)
    said = " ".join((checked.out + checked.err).split())
    assert lacking.check is not None
    assert lacking.check in said
    assert "Accounts are private" in said
    private.cure(school.org)
    id_ = school.api.take("order.placed", order(8008, "nostage@example.edu", order_total="50.00"))
    school.api.settled()
    notes = [attempt["notes"] for one in school.api.get(f"/api/events/{id_}")["deliveries"] for attempt in one["attempts"]]
    assert "lifecyclestage was left out" in str(notes)
    assert "nostage@example.edu" in school.hubspot.contacts()
    assert "springfield:8008" in school.hubspot.deals()


def test_a_rule_of_the_account_is_told_once_for_all(school: School) -> None:
    """New contacts need a phone: all wait for one reason, an operator is asked to act, and nobody is dead."""
    rule = CHARACTERS["required_property"]
    assert rule.cure is not None
    rule.give(school.hubspot.fake)
    people = [f"rule{number}@example.edu" for number in range(5)]
    for email in people:
        school.api.take("account.created", account(email))
    status = school.wait_for_reason("the account demands phone of new contacts", "hubspot")
    assert (status["state"], status["dead"]) == ("running", 0)
    assert "phone" in status["waiting"]["rule"]
    metrics = httpx.get(f"{school.api.running.url}/metrics", trust_env=False).text
    assert 'aom_gateway_connector_held_back{connector="hubspot"} 1.0' in metrics
    assert "demands phone" in " ".join(command("status", at=school.directory, code=1).out.split())
    assert set(people) <= school.contacts().keys()
    rule.cure(school.hubspot.fake)
    school.api.running.wait_until_delivered(seconds=180)
    assert set(people) <= school.hubspot.contacts().keys()
    assert school.status("hubspot")["reason"] == ""
