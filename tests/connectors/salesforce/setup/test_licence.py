"""An integration user needs a licence before any right on objects can be granted to it."""

from __future__ import annotations

import pytest

from connectors.base import FieldNeed, ObjectNeed
from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import ADMIN_TOKEN, run
from tests.fakes.salesforce import FakeSalesforce

NEED = ObjectNeed("contact", None, {"LastName": FieldNeed()})


@pytest.fixture
def unlicensed(bare: FakeSalesforce) -> FakeSalesforce:
    """An org whose integration user has the user licence alone."""
    for row in bare.records("PermissionSetLicenseAssign"):
        bare.delete(row["Id"])
    return bare


def test_a_missing_licence_is_told_with_its_place(unlicensed: FakeSalesforce) -> None:
    """Before the rights that it stands in the way of."""
    problems = run(unlicensed, lambda salesforce: salesforce.check([NEED]))
    (problem,) = [problem for problem in problems if problem.where == "run-as user"]
    assert "without Salesforce API Integration" in problem.message
    assert "Permission Set License Assignments" in problem.remedy
    assert problem.fatal


def test_a_user_with_a_full_licence_needs_no_other(unlicensed: FakeSalesforce) -> None:
    """Only integration users do."""
    (licence, *_) = [
        row for row in unlicensed.records("UserLicense") if row["Name"] == "Salesforce Integration"
    ]
    unlicensed.change(licence["Id"], Name="Salesforce")
    problems = run(unlicensed, lambda salesforce: salesforce.check([NEED]))
    assert not [problem for problem in problems if problem.where == "run-as user"]


def test_licences_that_may_not_be_read_are_said_to_be_unknown(fake: FakeSalesforce) -> None:
    """A warning: the check can't know, and says so."""
    body = [
        {
            "errorCode": "INVALID_TYPE",
            "message": "sObject type 'PermissionSetLicenseAssign' is not supported.",
        }
    ]
    fake.fault("GET /query", skip=1, status=400, body=body)
    problems = run(fake, lambda salesforce: salesforce.check([NEED]), account={"policy": "person"})
    (problem,) = problems
    assert "is not known" in problem.message
    assert not problem.fatal


def test_provision_assigns_the_licence_first(unlicensed: FakeSalesforce) -> None:
    """Salesforce refuses the permission set to a user without it."""

    async def work(salesforce: SalesforceConnector) -> None:
        plan = await salesforce.plan([NEED])
        texts = [step.text for step in plan.steps]
        licence = next(
            text
            for text in texts
            if text.startswith("assign the licence Salesforce API Integration")
        )
        assert texts.index(licence) < next(
            number for number, text in enumerate(texts) if "permission set" in text
        )
        assert (await salesforce.provision(plan)).failed == ()

    run(unlicensed, work, provision_token=ADMIN_TOKEN)
    again = run(unlicensed, lambda salesforce: salesforce.plan([NEED]), provision_token=ADMIN_TOKEN)
    assert again.steps == ()
    assert len(unlicensed.records("PermissionSetAssignment")) == 1
