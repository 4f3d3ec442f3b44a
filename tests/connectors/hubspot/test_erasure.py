"""Erasing a person from HubSpot, with a plan first."""

from __future__ import annotations

import pytest

from connectors.base import Erases, Misconfigured, Plan, Ref, Refused, Report
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.opening import contact, deal, ids, on, upsert
from tests.fakes.hubspot import FakeHubSpot, Fault

ADDRESS = "ada@example.test"


def plan(hubspot: FakeHubSpot, records: dict[Ref, str], *former: str) -> Plan:
    async def use(crm: HubSpotConnector) -> Plan:
        assert isinstance(crm, Erases)
        return await crm.plan_erasure([ADDRESS, *former], records, ())

    return on(hubspot, use)


def erase(hubspot: FakeHubSpot, what: Plan) -> Report:
    async def use(crm: HubSpotConnector) -> Report:
        return await crm.erase(what)

    return on(hubspot, use)


def known(hubspot: FakeHubSpot) -> dict[Ref, str]:
    """A person with an order."""
    (person,), (order,) = ids(upsert(hubspot, contact("ada"))), ids(upsert(hubspot, deal(1)))
    return {Ref("contact", ADDRESS): person, Ref("deal", "springfield-1"): order}


def test_a_plan_changes_nothing_and_says_what_would_go(hubspot: FakeHubSpot) -> None:
    """The contact by its id, and what stays: no address stands in it, since the plan is kept."""
    records = known(hubspot)
    found = plan(hubspot, records)
    (step,) = found.steps
    assert records[Ref("contact", ADDRESS)] in step.text
    assert [remark.where for remark in found.blockers] == ["contact", "others"]
    assert not any(remark.fatal for remark in found.blockers)
    assert ADDRESS not in repr(found)
    assert len(hubspot.records("contacts")) == 1


def test_erasing_deletes_the_contact_for_good(hubspot: FakeHubSpot) -> None:
    """Once or twice; its address is refused from then on, the order stays."""
    records = known(hubspot)
    made = plan(hubspot, records)
    report = erase(hubspot, made)
    assert report.done == (f"the contact {records[Ref('contact', ADDRESS)]} was deleted for good",)
    assert erase(hubspot, made) == report
    assert ADDRESS not in repr(report)
    assert (hubspot.records("contacts"), len(hubspot.records("deals"))) == ([], 1)
    assert isinstance(upsert(hubspot, contact("ada"))[0], Refused)


def test_all_that_the_person_is_called_by_is_found(hubspot: FakeHubSpot) -> None:
    """By the known id where people changed the address, by the address where another contact has
    it, merged ones once.
    """
    (first,) = ids(upsert(hubspot, contact("ada")))
    hubspot.edit("contacts", first, email="ada@new.test")
    second = hubspot.seed_contact(ADDRESS)
    found = plan(hubspot, {Ref("contact", ADDRESS): first})
    assert [step.data["id"] for step in found.steps] == sorted([first, second])
    new = hubspot.merge_records("contacts", second, first)
    found = plan(hubspot, {Ref("contact", ADDRESS): first})
    assert [step.data["id"] for step in found.steps] == [new]


def test_a_contact_that_has_a_former_address_is_found_too(hubspot: FakeHubSpot) -> None:
    """One of them alone, or both."""
    former = hubspot.seed_contact("ada@old.test")
    assert [step.data["id"] for step in plan(hubspot, {}, "ada@old.test").steps] == [former]
    now = hubspot.seed_contact(ADDRESS)
    found = plan(hubspot, {}, "ada@old.test")
    assert [step.data["id"] for step in found.steps] == sorted([former, now])


def test_nobody_is_no_step(hubspot: FakeHubSpot) -> None:
    """A person whom HubSpot does not have, or has no more, is none to erase."""
    assert plan(hubspot, {}) == Plan()
    records = known(hubspot)
    hubspot.delete("contacts", records[Ref("contact", ADDRESS)])
    assert plan(hubspot, records).steps == ()


def test_a_refusal_is_told_without_hubspots_words(hubspot: FakeHubSpot) -> None:
    """They may quote the address; the code and the way by hand remain."""
    made = plan(hubspot, known(hubspot))
    body = '{"category":"VALIDATION_ERROR","message":"ada@example.test is under legal hold"}'
    hubspot.script(Fault("status", status=400, body=body, path="gdpr-delete"))
    report = erase(hubspot, made)
    assert report.done == ()
    assert "VALIDATION_ERROR" in report.failed[0].message
    assert ADDRESS not in repr(report)
    assert "Delete" in report.failed[0].remedy


@pytest.mark.parametrize("right", ["read", "write"])
def test_a_missing_right_is_named(hubspot: FakeHubSpot, right: str) -> None:
    """Reading is for the plan, writing for the deletion."""
    records = known(hubspot)
    made = plan(hubspot, records)
    hubspot.portal.tokens[hubspot.token].scopes -= {f"crm.objects.contacts.{right}"}
    with pytest.raises(Misconfigured, match=rf"crm\.objects\.contacts\.{right}"):
        plan(hubspot, records) if right == "read" else erase(hubspot, made)
