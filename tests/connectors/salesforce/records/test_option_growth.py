"""A picklist takes any option unless it is restricted, and then it says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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


def test_options_of_several_people_that_differ_in_case_are_one(fake: FakeSalesforce) -> None:
    """As the first of them had it, or as the field lists it; in one call and in the next."""
    fake.add_field("Contact", name=FIELD, type="multipicklist", options=["Algebra"])

    async def use(salesforce: SalesforceConnector) -> None:
        for people in (("ada", "Logic"), ("ben", "LOGIC")), (("eve", "logic"), ("joe", "ALGEBRA")):
            await salesforce.upsert(
                "contact",
                [
                    person(f"{name}@example.edu", Courses__c=Append((course,), grow=True))
                    for name, course in people
                ],
            )

    run(fake, use)
    assert [row[FIELD] for row in fake.records("Contact")] == ["Logic"] * 3 + ["Algebra"]


def test_new_people_cost_no_query_for_their_options(fake: FakeSalesforce) -> None:
    """What is read to find them tells the options of those who are there, too."""
    fake.add_field("Contact", name=FIELD, type="multipicklist", options=["Algebra"])
    fake.seed("Contact", Email="bob@example.test", LastName="B", Courses__c="Music")
    records = [
        person(f"{name}@example.test", Courses__c=Append(("Logic",), grow=True))
        for name in ("ada", "bob")
    ]

    async def use(salesforce: SalesforceConnector) -> None:
        assert [one and one.id for one in await salesforce.read("contact", records, ["LastName"])]
        before = fake.stats()["calls"]
        saved = await salesforce.upsert("contact", records)
        assert all(isinstance(one, Saved) for one in saved)
        assert fake.stats()["calls"] == before + 1

    run(fake, use)
    assert {row["Email"]: row[FIELD] for row in fake.records("Contact")} == {
        "ada@example.test": "Logic",
        "bob@example.test": "Music;Logic",
    }


def test_a_deleted_contact_is_made_anew_with_its_options(fake: FakeSalesforce) -> None:
    """Those of the event at hand; the others went with it."""
    fake.add_field("Contact", name=FIELD, type="multipicklist", options=["Algebra"])

    async def use(salesforce: SalesforceConnector) -> None:
        first = person(Courses__c=Append(("Algebra",), grow=True))
        (saved,) = await salesforce.upsert("contact", [first])
        assert isinstance(saved, Saved)
        fake.delete(saved.id)
        later = person(id=saved.id, Courses__c=Append(("Logic",), grow=True))
        (again,) = await salesforce.upsert(
            "contact", [replace(later, on_create={"FirstName": "Ada"})]
        )
        assert isinstance(again, Saved)
        assert again.created

    run(fake, use)
    (row,) = fake.records("Contact")
    assert (row[FIELD], row["FirstName"]) == ("Logic", "Ada")
