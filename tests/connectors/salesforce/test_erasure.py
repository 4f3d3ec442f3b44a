"""A person is erased from the org: by emptying what the gateway writes, or by deleting the
Contact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from connectors.base import Erases, FieldNeed, ObjectNeed, Plan, Ref, Report
from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import ids, order, person, run
from tests.fakes.salesforce import FakeSalesforce

ADA = "ada@example.test"
NEEDS = (
    ObjectNeed(
        "contact",
        None,
        {name: FieldNeed() for name in ("FirstName", "LastName", "Email", "HasOptedOutOfEmail")},
    ),
    ObjectNeed("deal", None, {"Name": FieldNeed()}, ("contact",)),
)


def written(fake: FakeSalesforce, **settings: Any) -> str:
    """Write Ada as the gateway does, and give her id; somebody there adds a phone number."""
    record = person(FirstName="Ada", HasOptedOutOfEmail=True)
    (id_,) = ids(run(fake, lambda salesforce: salesforce.upsert("contact", [record]), **settings))
    fake.change(id_, Phone="555-1")
    return id_


def erase(
    fake: FakeSalesforce, records: Mapping[Ref, str], *former: str, **settings: Any
) -> tuple[Plan, Report]:
    async def work(salesforce: SalesforceConnector) -> tuple[Plan, Report]:
        assert isinstance(salesforce, Erases)
        plan = await salesforce.plan_erasure([ADA.upper(), *former], records, NEEDS)
        return plan, await salesforce.erase(plan)

    return run(fake, work, **settings)


def test_what_the_gateway_writes_is_emptied(fake: FakeSalesforce) -> None:
    """A name that Salesforce requires is replaced; what staff wrote stays; the address is nowhere
    in what is told.
    """
    id_ = written(fake)
    plan, report = erase(fake, {Ref("contact", ADA): id_})
    text = f"empty AOM_Key__c, FirstName, LastName, Email, HasOptedOutOfEmail of Contact {id_}"
    assert [step.text for step in plan.steps] == [text]
    assert report == Report(done=(text,))
    (row,) = fake.records("Contact")
    values = {
        name: row[name]
        for name in ("AOM_Key__c", "FirstName", "LastName", "Email", "HasOptedOutOfEmail", "Phone")
    }
    assert values == {
        "AOM_Key__c": None,
        "FirstName": None,
        "LastName": "(erased)",
        "Email": None,
        "HasOptedOutOfEmail": False,
        "Phone": "555-1",
    }
    assert ADA not in repr((plan, report))


def test_a_contact_is_deleted_where_that_is_configured(fake: FakeSalesforce) -> None:
    """Planned first, and nothing happens by the plan alone; once more is harmless."""
    id_ = written(fake)
    settings = {"on_forget": "delete"}
    plan = run(
        fake,
        lambda salesforce: salesforce.plan_erasure([ADA], {Ref("contact", ADA): id_}, NEEDS),
        **settings,
    )
    assert len(fake.records("Contact")) == 1
    for _ in range(2):
        report = run(fake, lambda salesforce: salesforce.erase(plan), **settings)
        assert report.done == (f"delete Contact {id_}, which stays in the Recycle Bin for 15 days",)
        assert report.failed == ()
    assert fake.records("Contact") == []


def test_a_contact_that_the_gateway_has_forgotten_is_found_by_its_key(fake: FakeSalesforce) -> None:
    """The ledger may be gone; another Contact of that e-mail, which the gateway never wrote, is
    left to people and told.
    """
    id_ = written(fake)
    other = fake.seed("Contact", LastName="Byron", Email=ADA)
    plan, _ = erase(fake, {})
    assert [step.data["id"] for step in plan.steps] == [id_]
    (blocker,) = plan.blockers
    assert (blocker.where, blocker.fatal) == (f"Contact {other}", False)
    assert "never wrote it" in blocker.message


def test_a_contact_that_has_a_former_address_is_found_too(fake: FakeSalesforce) -> None:
    """By its key, whichever of the person's addresses that is; each record stands in one step."""
    id_ = written(fake)
    former = fake.seed("Contact", LastName="Byron", AOM_Key__c="byron@example.com")
    plan, report = erase(fake, {Ref("contact", ADA): id_}, "Byron@example.com")
    assert sorted(step.data["id"] for step in plan.steps) == sorted((id_, former))
    assert (plan.blockers, len(report.done)) == ((), 2)


def test_orders_stay_and_are_told(fake: FakeSalesforce) -> None:
    """Their key holds no address."""
    id_ = written(fake)
    (deal,) = ids(run(fake, lambda salesforce: salesforce.upsert("deal", [order()])))
    plan, _ = erase(fake, {Ref("contact", ADA): id_, Ref("deal", "springfield-19"): deal})
    assert [blocker.where for blocker in plan.blockers] == [f"Opportunity {deal}"]
    assert fake.records("Opportunity")[0]["Name"] == "Order springfield-19"


def test_an_account_of_ones_own_is_emptied_and_never_deleted(fake: FakeSalesforce) -> None:
    """Salesforce would delete the orders with it."""
    account = {"policy": "person"}
    id_ = written(fake, account=account)
    erase(fake, {Ref("contact", ADA): id_}, account=account, on_forget="delete")
    (row,) = fake.records("Account")
    assert (row["Name"], row["AOM_Key__c"]) == ("(erased)", None)
    assert fake.records("Contact") == []


def test_what_salesforce_refuses_is_told_without_the_address(fake: FakeSalesforce) -> None:
    """The report is kept, so it can't hold what was to be erased."""
    id_ = written(fake)
    error = {
        "statusCode": "DELETE_FAILED",
        "message": f"{ADA} is associated with cases",
        "fields": [],
    }
    fake.fault("DELETE", status=200, body=[{"success": False, "errors": [error]}])
    _, report = erase(fake, {Ref("contact", ADA): id_}, on_forget="delete")
    (failed,) = report.failed
    assert failed.message == "DELETE_FAILED: (address) is associated with cases"
    assert report.done == ()


@pytest.mark.parametrize("mode", ["empty", "delete"])
def test_a_right_that_is_missing_stands_in_the_plan(fake: FakeSalesforce, mode: str) -> None:
    """Before anybody says yes: who may not delete is told where to give the right."""
    id_ = written(fake)
    fake.grant_object("Contact", granted=False, readable=True)
    plan, _ = erase(fake, {Ref("contact", ADA): id_}, on_forget=mode)
    assert [blocker.message for blocker in plan.blockers if blocker.fatal] == (
        ["the run-as user may not delete Contact"]
        if mode == "delete"
        else ["the run-as user may not edit Contact"]
    )
