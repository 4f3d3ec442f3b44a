"""What `provision` plans and creates, and what it leaves to a person."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import FieldNeed, Misconfigured, ObjectNeed, Plan, Problem, Report
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.property_definitions import own_properties
from tests.connectors.hubspot.needs import contact_need, deal_need, field
from tests.connectors.hubspot.opening import deal, ids, on, upsert
from tests.fakes.hubspot import FakeHubSpot


def plan(hubspot: FakeHubSpot, *needs: ObjectNeed, **settings: Any) -> Plan:
    async def use(crm: HubSpotConnector) -> Plan:
        return await crm.plan(needs)

    return on(hubspot, use, **settings)


def provision(hubspot: FakeHubSpot, *needs: ObjectNeed, **settings: Any) -> Report:
    async def use(crm: HubSpotConnector) -> Report:
        return await crm.provision(await crm.plan(needs))

    return on(hubspot, use, **settings)


def blocker(hubspot: FakeHubSpot, *needs: ObjectNeed, **settings: Any) -> Problem:
    (problem,) = plan(hubspot, *needs, **settings).blockers
    return problem


@pytest.fixture
def bare() -> Any:
    """An account as HubSpot hands it out."""
    with FakeHubSpot() as fake:
        yield fake


@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_all_that_is_missing_is_created_once(bare: FakeHubSpot, version: str) -> None:
    """Group, properties by their definitions, the unique key; then there is nothing left to plan,
    and deals can be written.
    """
    names = own_properties()["contact"]
    needs = [
        contact_need(*((name, field(name)) for name in names)),
        deal_need(amount=field("amount", "number")),
    ]
    report = provision(bare, *needs, api_version=version)
    assert not report.failed
    assert len(report.done) == 1 + len(names) + 1 + 1
    assert not plan(bare, *needs).steps
    assert ids(upsert(bare, deal(19)))
    made = bare.portal.objects["contacts"].properties["aom_registered_at"]
    assert (made.label, made.type, made.field_type, made.group) == (
        "AOM registered at",
        "datetime",
        "date",
        "academy_of_mine",
    )
    assert bare.portal.objects["contacts"].groups["academy_of_mine"] == "Academy of Mine"
    assert bare.portal.objects["deals"].properties["aom_order_key"].unique


def test_a_plan_reads_well_and_changes_nothing(bare: FakeHubSpot) -> None:
    """Each step says what would be created; planning creates nothing."""
    assert [step.text for step in plan(bare, deal_need()).steps] == [
        "create the property group 'Academy of Mine' of deals",
        "create the property aom_order_key of deals (string, unique)",
    ]
    assert "aom_order_key" not in bare.portal.objects["deals"].properties


def test_what_is_there_already_counts_as_done(bare: FakeHubSpot) -> None:
    """A plan that was carried out by somebody else, or half, can be carried out again."""

    async def use(crm: HubSpotConnector) -> list[Report]:
        made = await crm.plan([deal_need()])
        return [await crm.provision(made) for _ in range(2)]

    first, second = on(bare, use)
    assert first == second
    assert not first.failed


def test_own_properties_are_made_by_what_is_written(bare: FakeHubSpot) -> None:
    """Types follow the mapping; choices get the options that it can write, and later ones are added
    to those that are there.
    """
    fields = {
        "a_text": field("a_text"),
        "a_number": field("a_number", "number"),
        "a_flag": field("a_flag", "boolean"),
        "a_day": field("a_day", "date"),
        "a_moment": field("a_moment", "datetime"),
        "a_choice": field("a_choice", "choice", "x", "y"),
        "choices": field("choices", "choices", "x", "y"),
    }
    assert not provision(bare, contact_need(*fields.items())).failed
    contacts = bare.portal.objects["contacts"].properties
    assert {name: (contacts[name].type, contacts[name].field_type) for name in fields} == {
        "a_text": ("string", "text"),
        "a_number": ("number", "number"),
        "a_flag": ("bool", "booleancheckbox"),
        "a_day": ("date", "date"),
        "a_moment": ("datetime", "date"),
        "a_choice": ("enumeration", "select"),
        "choices": ("enumeration", "checkbox"),
    }
    fields["choices"] = field("choices", "choices", "x", "z")
    assert provision(bare, contact_need(*fields.items())).done == (
        "add the options z to the property choices of contacts",
    )
    assert [option["value"] for option in contacts["choices"].options] == ["x", "y", "z"]


def test_a_key_that_cannot_be_made_unique_is_a_blocker(bare: FakeHubSpot) -> None:
    """HubSpot makes a property unique only when it is created, so one that exists without is for a
    person to remove.
    """
    bare.define("deals", "aom_order_key")
    found = blocker(bare, deal_need())
    assert "aom_order_key of deals is not unique" in found.message
    assert "Settings → Properties" in found.remedy
    assert not plan(bare, deal_need()).steps


def test_the_limit_of_unique_properties_is_a_blocker(bare: FakeHubSpot) -> None:
    """HubSpot allows ten per object."""
    for number in range(10):
        bare.define("deals", f"unique_{number}", unique=True)
    assert "10 unique properties" in blocker(bare, deal_need()).message


def test_an_object_that_is_not_there_is_a_blocker(bare: FakeHubSpot) -> None:
    """Custom objects are made by people; the rest is planned all the same."""
    found = plan(bare, ObjectNeed("p_enrollment", "aom_key", {}), deal_need())
    assert "no object 'p_enrollment'" in found.blockers[0].message
    assert found.steps


def test_an_object_without_a_key_is_a_blocker(hubspot: FakeHubSpot) -> None:
    """The mapping has to say by which property a custom object is known."""
    hubspot.add_object("p_enrollment", linked_to=["contacts"])
    found = blocker(hubspot, ObjectNeed("p_enrollment", None, {}, ("contact",)))
    assert "key_field" in found.remedy


def test_objects_that_hubspot_cannot_associate_are_a_blocker(hubspot: FakeHubSpot) -> None:
    """A link between objects without an association would never come about."""
    hubspot.add_object("p_enrollment")
    hubspot.define("p_enrollment", "aom_key", unique=True)
    found = blocker(hubspot, ObjectNeed("p_enrollment", "aom_key", {}, ("contact",)))
    assert "no association between p_enrollment and contacts" in found.message


@pytest.mark.parametrize(
    ("need", "message", "fatal"),
    [
        ({"createdate": field("createdate", "datetime")}, "HubSpot itself fills createdate", True),
        (
            {"amount": field("amount", "datetime")},
            "amount of deals is of type number/number, the mapping writes datetime/date",
            True,
        ),
        (
            {"amount": field("amount", "string")},
            "amount of deals is of type number/number, the mapping writes string/text",
            False,
        ),
        (
            {"dealname": field("dealname", "choices")},
            "dealname of deals is of type string/text, the mapping writes enumeration/checkbox",
            True,
        ),
        (
            {"tags": field("tags", "choices")},
            "tags of deals takes several choices, and which ones the mapping does not tell",
            True,
        ),
        (
            {"dealstage": field("dealstage", "choice", "Paid")},
            "there is no stage 'Paid' in Sales Pipeline, only Appointment Scheduled, ",
            True,
        ),
        (
            {"pipeline": field("pipeline", "string", "Courses")},
            "there is no pipeline 'Courses' of deals, only Sales Pipeline",
            True,
        ),
        (
            {"deal_currency_code": field("deal_currency_code", "string", "XAF")},
            "XAF is no currency of the account",
            False,
        ),
    ],
)
def test_what_only_a_person_can_mend_is_a_blocker(
    hubspot: FakeHubSpot, need: dict[str, Any], message: str, fatal: bool
) -> None:
    """Each with its place in the mapping and its remedy in HubSpot's words."""
    found = blocker(hubspot, deal_need(**need))
    assert found.message.startswith(message)
    assert found.fatal is fatal
    assert found.remedy
    assert found.where.startswith("routes[0].upsert[0].fields.")


def test_a_pipeline_of_the_settings_is_looked_for(hubspot: FakeHubSpot) -> None:
    """Stages are looked for in the pipeline that deals will go to."""
    hubspot.add_pipeline("deals", "8812", "Course Sales", {"991": "Ordered"})
    assert (
        "no pipeline 'Courses'"
        in blocker(
            hubspot,
            deal_need(dealstage=field("dealstage", "choice", "closedwon")),
            pipeline="Courses",
        ).message
    )
    need = deal_need(dealstage=field("dealstage", "choice", "Ordered"))
    assert not plan(hubspot, need, pipeline="Course Sales").blockers
    assert "no stage 'Ordered'" in blocker(hubspot, need).message


def test_a_new_deal_needs_a_name_and_a_stage(hubspot: FakeHubSpot) -> None:
    """HubSpot would refuse every new one."""
    found = plan(hubspot, ObjectNeed("deal", None, {"amount": field("amount", "number")}))
    assert [problem.message for problem in found.blockers] == [
        "HubSpot creates no deals without dealname",
        "HubSpot creates no deals without dealstage",
    ]


def test_a_contacts_key_is_that_of_the_settings(bare: FakeHubSpot) -> None:
    """`contact_key` is planned as a unique property, though a mapping passes on the usual one."""
    found = plan(bare, contact_need(key_field="email"), contact_key="aom_email")
    assert found.steps[1].text == "create the property aom_email of contacts (string, unique)"


def test_a_refused_step_leaves_the_others(bare: FakeHubSpot) -> None:
    """What HubSpot does not take is reported, the rest is created."""
    report = provision(bare, contact_need(("Bad-Name", field("Bad-Name")), ("good", field("good"))))
    assert len(report.failed) == 1
    assert "Bad-Name" in report.failed[0].where
    assert "good" in bare.portal.objects["contacts"].properties


def test_a_token_that_may_not_create_is_told_the_scope(bare: FakeHubSpot) -> None:
    """Tokens for writing records often lack the schema scopes."""
    token = bare.add_token("narrow", without=["crm.schemas.deals.write"])
    with pytest.raises(Misconfigured, match=r"crm\.schemas\.deals\.write"):
        provision(bare, deal_need(), access_token=token)


def test_a_property_that_grows_begins_with_one_option(bare: FakeHubSpot) -> None:
    """HubSpot makes none without; what it then grows by is no plan of ours."""
    grown = FieldNeed("choices", frozenset(), ("routes[0]",), grows=True)
    need = contact_need(("courses", grown))
    assert not provision(bare, need).failed
    assert not plan(bare, need).steps

    async def use(crm: HubSpotConnector) -> None:
        assert list(await crm.grow("contact", {"courses": ["Algebra"]})) == []

    on(bare, use)
    made = bare.portal.objects["contacts"].properties["courses"]
    assert (made.type, made.field_type) == ("enumeration", "checkbox")
    assert [option["value"] for option in made.options] == ["Other", "Algebra"]
    assert not plan(bare, need).steps
