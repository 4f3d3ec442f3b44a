"""What `check --online` finds, and says to do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from connectors.base import FieldNeed, ObjectNeed, Problem, Unavailable
from tests.connectors.salesforce.opening import opened, run
from tests.fakes.salesforce import FakeSalesforce

CONTACT = ObjectNeed(
    "contact",
    None,
    {"LastName": FieldNeed(), "Email": FieldNeed(), "AOM_Registered_At__c": FieldNeed("datetime")},
)
DEAL = ObjectNeed(
    "deal",
    None,
    {
        "Name": FieldNeed(),
        "StageName": FieldNeed(
            values=frozenset({"Closed Won", "Closed Lost"}), places=("orders.StageName",)
        ),
        "CloseDate": FieldNeed("date"),
        "Amount": FieldNeed("number"),
        "CurrencyIsoCode": FieldNeed(),
    },
    links=("contact",),
)


def check(fake: FakeSalesforce, *needs: ObjectNeed, **settings: object) -> Sequence[Problem]:
    settings = {"account": {"policy": "person"}, **settings}
    return run(fake, lambda salesforce: salesforce.check(needs or (CONTACT, DEAL)), **settings)


def test_an_org_that_is_set_up_has_no_problem(fake: FakeSalesforce) -> None:
    """And the check writes nothing."""
    assert check(fake) == []
    assert all(each["call"].startswith("GET") for each in fake.requests()[1:])


def test_everything_wrong_is_told_at_once(fake: FakeSalesforce) -> None:
    """Each with its place, and what to do in Setup."""
    fake.remove_field("Contact", "AOM_Registered_At__c")
    fake.change_field("Contact", "AOM_Key__c", unique=False)
    fake.change_field("Opportunity", "AOM_Order_Key__c", unique=False, external_id=False)
    fake.change_field("Opportunity", "Amount", createable=False, updateable=False)
    fake.change_field("Opportunity", "StageName", options=["Won", "Lost"])
    fake.change_field("Opportunity", "CloseDate", type="boolean")
    fake.add_field("Opportunity", name="Card__c", required=True)
    fake.grant_object("OpportunityContactRole", granted=False)
    found = {problem.where: problem for problem in check(fake)}
    assert {where: problem.message for where, problem in found.items()} == {
        "Contact.AOM_Registered_At__c": (
            "Contact has no field AOM_Registered_At__c that the run-as user can see"
        ),
        "Contact.AOM_Key__c": (
            "it holds the key, and is not unique: two records could get the same one"
        ),
        "Opportunity.AOM_Order_Key__c": "it holds the key, and is no External ID",
        "Opportunity.Amount": "the run-as user may not write Opportunity.Amount",
        "orders.StageName": (
            "'Closed Lost', 'Closed Won': no option of Opportunity.StageName; there are: Won, Lost"
        ),
        "Opportunity.CloseDate": "Opportunity.CloseDate is of the type boolean, and takes no date",
        "Opportunity.Card__c": (
            "the org requires Opportunity.Card__c, "
            "and the mapping does not write it: new "
            "records will be refused"
        ),
        "OpportunityContactRole": "the run-as user may not make contact roles",
    }
    assert all(problem.remedy and problem.fatal for problem in found.values())
    assert "provision" in found["Contact.AOM_Registered_At__c"].remedy


def test_an_object_that_is_not_there_or_not_ours_to_write(fake: FakeSalesforce) -> None:
    """Missing, and read-only."""
    fake.add_object("Course__c", "a01")
    fake.add_field("Course__c", name="AOM_Key__c", unique=True, external_id=True)
    fake.grant_object("Course__c", granted=False)
    need = ObjectNeed("Course__c", None, {"Name": FieldNeed()})
    assert [
        problem.message for problem in check(fake, ObjectNeed("Enrollment__c", None, {}), need)
    ] == [
        "the org has no object Enrollment__c, or the run-as user may not see it",
        "the org has no object Course__c, or the run-as user may not see it",
    ]
    fake.grant_object("Course__c", granted=False, readable=True)
    assert [problem.message for problem in check(fake, need)] == [
        "the run-as user may not create and edit Course__c"
    ]


def test_links_need_a_lookup(fake: FakeSalesforce) -> None:
    """To the object that is linked to, and dotted fields their relationship."""
    fake.add_object("Enrollment__c", "a00")
    fake.add_field("Enrollment__c", name="AOM_Key__c", unique=True, external_id=True)
    need = ObjectNeed(
        "Enrollment__c",
        None,
        {"Name": FieldNeed(), "Teacher__r.AOM_Key__c": FieldNeed()},
        links=("contact",),
    )
    assert [problem.message for problem in check(fake, CONTACT, need)] == [
        "Enrollment__c has no relationship Teacher__r that the run-as user can write",
        "Enrollment__c has no lookup to Contact that the run-as user can write",
    ]
    fake.add_field(
        "Enrollment__c",
        name="Learner__c",
        type="reference",
        reference_to="Contact",
        relationship="Learner__r",
        required=True,
    )
    fake.add_field(
        "Enrollment__c",
        name="Teacher__c",
        type="reference",
        reference_to="Contact",
        relationship="Teacher__r",
        required=True,
    )
    assert check(fake, CONTACT, need) == []


def test_a_refused_sign_in_is_a_problem_with_its_remedy(fake: FakeSalesforce) -> None:
    """And nothing else is asked."""
    fake.configure(client_secret="renewed")
    (problem,) = check(fake)
    assert (problem.where, problem.fatal) == ("sign-in", True)
    assert "client_secret is wrong" in problem.remedy


def test_an_unknown_version_is_a_problem_with_the_newest_one(fake: FakeSalesforce) -> None:
    """All other calls would fail by it."""
    (problem,) = check(fake, api_version="99.0")
    assert problem == Problem(
        "api_version", "the org does not speak 99.0", 'set api_version = "68.0"'
    )


def test_limits_that_are_near_are_told(fake: FakeSalesforce) -> None:
    """Few calls left are a warning, no storage left is a fault."""
    limits = {
        "DailyApiRequests": {"Max": 15000, "Remaining": 1200},
        "DataStorageMB": {"Max": 5, "Remaining": 0},
    }
    fake.fault("GET /limits", status=200, body=limits)
    calls, storage = check(fake)
    assert (
        calls.message
        == "1200 of 15000 API calls are left in these 24 hours, and daily_share leaves 10% to "
        "others"
    )
    assert not calls.fatal
    assert (storage.message, storage.remedy) == (
        "the org's data storage is full",
        "free space at Setup → Storage Usage",
    )


def test_person_accounts_are_refused_clearly(fake: FakeSalesforce) -> None:
    """The gateway says that it does not write them, before anybody is doubled."""
    fake.add_field(
        "Contact",
        name="IsPersonAccount",
        type="boolean",
        default=False,
        createable=False,
        updateable=False,
    )
    (problem,) = check(fake)
    assert "person accounts" in problem.message
    assert problem.fatal


def test_claiming_needs_the_email_and_leads_if_they_are_asked_for(fake: FakeSalesforce) -> None:
    """What the connector reads for itself must be visible too."""
    fake.change_field("Contact", "Email", granted=False)
    fake.grant_object("Lead", granted=False)
    need = ObjectNeed("contact", None, {"LastName": FieldNeed()})
    assert [problem.where for problem in check(fake, need, match_leads=True)] == [
        "Contact.Email",
        "match_leads",
    ]


def test_an_org_out_of_reach_is_no_finding(fake: FakeSalesforce) -> None:
    """Nothing is known then, and the check says so by raising."""

    async def main() -> None:
        async with opened(fake) as salesforce:
            fake.stop()
            with pytest.raises(Unavailable):
                await salesforce.check([CONTACT])

    asyncio.run(main())


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"type": "multipicklist"}, None),
        ({"type": "textarea"}, None),
        (
            {"type": "multipicklist", "restricted": True},
            "the picklist is restricted to its own options",
        ),
        ({"type": "picklist"}, "it is of the type picklist, which holds one"),
    ],
)
def test_a_field_that_cannot_grow_is_told(
    fake: FakeSalesforce, field: dict[str, object], words: str | None
) -> None:
    """At the place in the mapping, with what to change in Setup."""
    fake.add_field("Contact", name="Courses__c", options=["Other"], **field)
    grown = FieldNeed("choices", places=("enrolments.Courses__c",), grows=True)
    found = check(fake, replace(CONTACT, fields={**CONTACT.fields, "Courses__c": grown}))
    told = [f"Contact.Courses__c cannot grow: {words}"] if words else []
    assert [problem.message for problem in found] == told
    assert all(problem.where == "enrolments.Courses__c" for problem in found)
