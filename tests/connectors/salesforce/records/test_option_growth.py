"""A picklist takes any option unless it is restricted, and then it says so."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from connectors.base import Append, RefusedOption, Saved
from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import Clock, person, run
from tests.fakes.salesforce import FakeSalesforce

FIELD = "Courses__c"


def grow(fake: FakeSalesforce, *options: str) -> list[RefusedOption]:
    async def use(salesforce: SalesforceConnector) -> Sequence[RefusedOption]:
        return await salesforce.grow("contact", {FIELD: options})

    return list(run(fake, use))


@pytest.mark.parametrize("kind", ["multipicklist", "textarea"])
def test_an_unrestricted_field_takes_any(fake: FakeSalesforce, kind: str) -> None:
    """Nothing is to be made: what Salesforce does not know it keeps as an inactive value."""
    fake.add_field("Contact", name=FIELD, type=kind, length=255)
    assert grow(fake, "Algebra", "Logic; part one") == []


def test_a_restricted_picklist_is_told(fake: FakeSalesforce) -> None:
    """Those that it has are taken in any case; the others are named, with where to mend it."""
    fake.add_field(
        "Contact", name=FIELD, type="multipicklist", options=["Algebra"], restricted=True
    )
    (refused,) = grow(fake, "ALGEBRA", "Logic")
    assert (refused.field, refused.option) == (FIELD, "Logic")
    assert refused.reason.startswith("the picklist is restricted to its own options → Setup")
    assert f"{FIELD} → Edit: switch off" in refused.reason


def test_an_option_that_an_admin_makes_is_seen(fake: FakeSalesforce) -> None:
    """Soon: not at each write, and not only when the object is described anew."""
    fake.add_field(
        "Contact", name=FIELD, type="multipicklist", options=["Algebra"], restricted=True
    )
    clock = Clock()

    async def use(salesforce: SalesforceConnector) -> None:
        assert await salesforce.grow("contact", {FIELD: ["Logic"]})
        calls = len(fake.requests())
        assert await salesforce.grow("contact", {FIELD: ["Logic"]})
        assert len(fake.requests()) == calls
        fake.change_field("Contact", FIELD, options=["Algebra", "Logic"])
        clock.time = clock.time.replace(minute=2)
        assert await salesforce.grow("contact", {FIELD: ["Logic"]}) == []

    run(fake, use, clock=clock)


def test_options_that_differ_in_case_are_one(fake: FakeSalesforce) -> None:
    """Also where Salesforce would take both."""
    fake.add_field("Contact", name=FIELD, type="multipicklist", options=["Algebra"])

    async def use(salesforce: SalesforceConnector) -> None:
        for options in (("ALGEBRA", "Logic; part one"), ("logic, PART one", "algebra")):
            (saved,) = await salesforce.upsert(
                "contact", [person(Courses__c=Append(options, grow=True))]
            )
            assert isinstance(saved, Saved)

    run(fake, use)
    assert fake.records("Contact")[0][FIELD] == "Algebra;Logic, part one"
