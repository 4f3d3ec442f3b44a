"""Custom objects are tied to their parents within their upsert."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from connectors.base import Misconfigured, Record, Ref, Retry, Saved
from tests.connectors.salesforce.opening import ids, opened, person, run
from tests.fakes.salesforce import FakeSalesforce


def test_custom_objects_find_their_parents_by_key(fake: FakeSalesforce) -> None:
    """A link becomes the lookup that leads there, a dotted field any other; nobody asks for ids."""
    _with_enrolments(fake)
    record = Record(
        "Enrollment__c",
        "Ada@example.test-2",
        {
            "Course__c": "Algebra",
            "Price__c": Decimal("9.90"),
            "Teacher__r.AOM_Key__c": "grace@example.test",
        },
        key_field="Key__c",
        links=(Ref("contact", "ada@example.test"),),
    )

    async def work() -> None:
        async with opened(fake) as salesforce:
            learner, teacher = ids(
                await salesforce.upsert("contact", [person(), person("grace@example.test")])
            )
            await salesforce.upsert("Enrollment__c", [record])
            (row,) = fake.records("Enrollment__c")
            assert (row["Learner__c"], row["Teacher__c"]) == (learner, teacher)
            assert (row["Key__c"], row["Course__c"], row["Price__c"]) == (
                "ada@example.test-2",
                "Algebra",
                9.9,
            )

    asyncio.run(work())


def test_children_of_a_custom_parent_are_tied_by_the_parents_own_key_field(
    fake: FakeSalesforce,
) -> None:
    """Parents are written before their children, so their key field is known by then."""
    fake.add_object("Course__c", "a01")
    fake.add_field("Course__c", name="Number__c", unique=True, external_id=True)
    fake.add_object("Lesson__c", "a02")
    fake.add_field("Lesson__c", name="AOM_Key__c", unique=True, external_id=True)
    fake.add_field(
        "Lesson__c",
        name="Course__c",
        type="reference",
        reference_to="Course__c",
        relationship="Course__r",
    )

    async def work() -> None:
        async with opened(fake) as salesforce:
            (course,) = ids(
                await salesforce.upsert(
                    "Course__c",
                    [Record("Course__c", "7", {"Name": "Algebra"}, key_field="Number__c")],
                )
            )
            await salesforce.upsert(
                "Lesson__c",
                [Record("Lesson__c", "7-1", {"Name": "Sets"}, links=(Ref("Course__c", "7"),))],
            )
            assert fake.records("Lesson__c")[0]["Course__c"] == course

    asyncio.run(work())


def test_a_parent_that_is_not_there_yet_is_waited_for(fake: FakeSalesforce) -> None:
    """Salesforce's INVALID_FIELD for an unknown parent means later, not never, and spares the other
    rows.
    """
    _with_enrolments(fake)
    records = [Record("Enrollment__c", f"{number}", {}, key_field="Key__c") for number in range(2)]
    records[0] = replace(records[0], fields={"Teacher__r.AOM_Key__c": "nobody@example.test"})
    outcomes = run(fake, lambda salesforce: salesforce.upsert("Enrollment__c", records))
    assert [type(outcome) for outcome in outcomes] == [Retry, Saved]
    assert "Foreign key external ID" in str(outcomes[0])


def test_an_ambiguous_lookup_is_a_fault_of_the_setup(fake: FakeSalesforce) -> None:
    """Two lookups to Contact: the words tell how to name the one that is meant."""
    _with_enrolments(fake)
    record = Record(
        "Enrollment__c", "1", {}, key_field="Key__c", links=(Ref("contact", "ada@example.test"),)
    )
    with pytest.raises(Misconfigured, match=r"several lookups.*Learner__r, Teacher__r.*fields"):
        run(fake, lambda salesforce: salesforce.upsert("Enrollment__c", [record]))


def _with_enrolments(fake: FakeSalesforce) -> None:
    fake.add_object("Enrollment__c", "a00")
    fake.add_field("Enrollment__c", name="Key__c", unique=True, external_id=True)
    fake.add_field("Enrollment__c", name="Course__c")
    fake.add_field("Enrollment__c", name="Price__c", type="currency")
    fake.add_field(
        "Enrollment__c",
        name="Learner__c",
        type="reference",
        reference_to="Contact",
        relationship="Learner__r",
    )
    fake.add_field(
        "Enrollment__c",
        name="Teacher__c",
        type="reference",
        reference_to="Contact",
        relationship="Teacher__r",
    )
