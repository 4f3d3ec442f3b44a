"""What `check --online` finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from connectors.base import FieldNeed, ObjectNeed, Problem, Unavailable
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.error_table import KEYS
from connectors.hubspot.records.option_growth import MOST_OPTIONS
from tests.connectors.hubspot.needs import PLACE, contact_need, deal_need, field
from tests.connectors.hubspot.opening import contact, on
from tests.fakes.hubspot import FakeHubSpot, Fault

UNKNOWABLE = "connectors.hubspot.api_version"


def check(hubspot: FakeHubSpot, *needs: ObjectNeed, **settings: Any) -> Sequence[Problem]:
    """What is found but for the one thing that HubSpot tells nobody."""
    return [one for one in check_all(hubspot, *needs, **settings) if one.where != UNKNOWABLE]


def check_all(hubspot: FakeHubSpot, *needs: ObjectNeed, **settings: Any) -> Sequence[Problem]:
    async def use(crm: HubSpotConnector) -> Sequence[Problem]:
        return await crm.check(needs or (contact_need(), deal_need()))

    return on(hubspot, use, **settings)


@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_an_account_that_takes_all_has_no_problem(hubspot: FakeHubSpot, version: str) -> None:
    """And nothing was written."""
    assert list(check(hubspot, api_version=version)) == []
    assert hubspot.created() == {"contacts": 0, "deals": 0, "notes": 0}


def test_a_refused_token_is_the_one_problem(hubspot: FakeHubSpot) -> None:
    """Nothing else can be said then."""
    hubspot.set_token("expired")
    (problem,) = check(hubspot)
    assert problem.where == "connectors.hubspot.access_token"
    assert "EXPIRED_AUTHENTICATION" in problem.message
    assert problem.remedy == KEYS


def test_scopes_are_tried_by_object(hubspot: FakeHubSpot) -> None:
    """The scopes that writing needs are named, those for reading too, each once."""
    token = hubspot.add_token(
        "narrow", without=["crm.objects.deals.write", "crm.objects.contacts.write"]
    )
    problems = check(hubspot, access_token=token)
    assert [problem.where for problem in problems] == ["connectors.hubspot.access_token"] * 2
    assert (
        "contacts can't be written: The token lacks crm.objects.contacts.write"
        in problems[0].message
    )
    assert "deals can't be written: The token lacks crm.objects.deals.write" in problems[1].message
    token = hubspot.add_token("blind", without=["crm.objects.deals.read"])
    (problem,) = check(hubspot, access_token=token)
    assert "crm.objects.deals.read" in problem.message


def test_rights_that_can_not_be_learnt_are_said_to_be_so(hubspot: FakeHubSpot) -> None:
    """Whatever else HubSpot says to the trial is no proof of a right, and no lack of one either."""
    body = (
        '{"status":"error","category":"VALIDATION_ERROR","message":"ids are numbers of nine '
        'digits"}'
    )
    hubspot.script(Fault("status", status=400, body=body, path="contacts/batch/update"))
    (problem,) = check(hubspot)
    assert problem.message.startswith("whether the token may write contacts could not be learnt")
    assert not problem.fatal


@pytest.mark.parametrize(
    ("version", "told"), [("2026-09", True), ("2027-03", True), ("2026-03", False), ("v3", False)]
)
def test_what_hubspot_tells_nobody_is_said(version: str, told: bool) -> None:
    """An admin's required properties can't be asked for; in versions that enforce them, that is a
    warning.
    """
    with FakeHubSpot() as fake:
        problems = check_all(fake, contact_need(), api_version=version)
    unknown = [problem for problem in problems if problem.where == UNKNOWABLE]
    assert [problem.fatal for problem in unknown] == ([False] if told else [])
    assert all(
        "does not tell which properties the account demands of new contacts" in one.message
        for one in unknown
    )


def test_a_pipeline_that_bars_deals_from_a_stage_is_a_warning(hubspot: FakeHubSpot) -> None:
    """An order that comes paid begins in Closed Won, where this pipeline lets nobody make a
    deal.
    """
    hubspot.portal.pipelines["deals"][0].created_in = ("appointmentscheduled",)
    (problem,) = check(hubspot, deal_need())
    expected = (
        "Sales Pipeline lets deals be made in Appointment Scheduled alone: an order that comes "
        "first as Closed Lost, Closed Won"
    )
    assert problem.message.startswith(expected)
    assert "Pipeline rules" in problem.remedy
    assert not problem.fatal
    hubspot.set_options(pipeline_rules=False)
    assert list(check(hubspot, deal_need())) == []


def test_a_lifecycle_stage_that_is_gone_is_a_warning(hubspot: FakeHubSpot) -> None:
    """It names what becomes of the contacts, and where stages are made."""
    hubspot.drop_option("contacts", "lifecyclestage", "customer")
    (problem,) = check(
        hubspot, contact_need(("lifecyclestage", field("lifecyclestage", "string", "customer")))
    )
    assert (
        problem.message == "lifecyclestage has no option customer: contacts are written without it"
    )
    assert problem.remedy.startswith("Settings → Properties")
    assert not problem.fatal


def test_missing_properties_are_named_with_the_command_that_creates_them(
    hubspot: FakeHubSpot,
) -> None:
    """By their place in the mapping, with both ways to mend it."""
    problems = check(hubspot, contact_need(("aom_user_id", field("aom_user_id", "string"))))
    assert problems[1].where == "routes[0].upsert[0].fields.aom_user_id"
    assert (
        problems[1].message == "not done yet: create the property aom_user_id of contacts (string)"
    )
    assert problems[1].remedy == "aom-gateway provision hubspot --apply, or Settings → Properties"


def test_blockers_are_problems_too(hubspot: FakeHubSpot) -> None:
    """What `provision` can't do is told here as well."""
    (problem,) = check(hubspot, deal_need(dealstage=field("dealstage", "choice", "Paid")))
    assert "no stage 'Paid'" in problem.message
    assert problem.remedy == "Settings → Objects → Deals → Pipelines"


@pytest.mark.parametrize(
    ("choice", "becomes"),
    [("leave_out", "is written without its currency"), ("refuse", "is refused")],
)
def test_currencies_are_told_where_the_mapping_meets_any(
    hubspot: FakeHubSpot, choice: str, becomes: str
) -> None:
    """A warning with the account's currencies, and what becomes of others."""
    (problem,) = check(
        hubspot,
        deal_need(deal_currency_code=field("deal_currency_code", "string")),
        unknown_currency=choice,
    )
    assert problem.message == f"a deal in another currency than USD, EUR {becomes}"
    assert not problem.fatal


@pytest.mark.parametrize("headers", [True, False])
def test_few_calls_left_today_are_a_warning(hubspot: FakeHubSpot, headers: bool) -> None:
    """By the headers of answers, else by the account's own count."""
    hubspot.set_options(daily=100, rate_headers=headers)
    hubspot.app.limits.today = 91
    (problem,) = check(hubspot, contact_need())
    assert "of today's 100 calls are left" in problem.message
    assert not problem.fatal


def test_what_says_nothing_of_the_set_up_is_raised(hubspot: FakeHubSpot) -> None:
    """While HubSpot is away nothing is known."""
    hubspot.script(Fault("status", status=503, times=20))
    with pytest.raises(Unavailable):
        check(hubspot)


@pytest.mark.parametrize("urls", [True, False])
def test_records_have_addresses_once_the_account_is_known(hubspot: FakeHubSpot, urls: bool) -> None:
    """The account's id is learned from HubSpot's answers, or set."""
    hubspot.set_options(urls=urls)

    async def use(crm: HubSpotConnector) -> tuple[str | None, str | None, str | None]:
        await crm.upsert("contact", [contact("ada")])
        return (
            crm.record_url("deal", "5"),
            crm.record_url("2-77", "5"),
            crm.record_url("p_enrollment", "5"),
        )

    assert on(hubspot, use)[0] == (
        "https://app.hubspot.com/contacts/4711/record/0-3/5" if urls else None
    )
    found = on(hubspot, use, portal_id=9)
    assert found == (
        "https://app.hubspot.com/contacts/9/record/0-3/5",
        "https://app.hubspot.com/contacts/9/record/2-77/5",
        None,
    )


GROWING = FieldNeed("choices", frozenset(), (f"{PLACE}.courses",), grows=True)


def test_a_property_that_grows_has_no_problem(hubspot: FakeHubSpot) -> None:
    """And asking for the right to it changes nothing."""
    hubspot.define("contacts", "courses", "enumeration", "checkbox", options=["Other"])
    before = hubspot.portal.records("contacts").properties.copy()
    assert check(hubspot, contact_need(("courses", GROWING))) == []
    assert hubspot.portal.records("contacts").properties == before


def test_the_scope_for_growth_is_named(hubspot: FakeHubSpot) -> None:
    """A token that writes contacts often lacks it."""
    hubspot.define("contacts", "courses", "enumeration", "checkbox", options=["Other"])
    token = hubspot.add_token("narrow", without=["crm.schemas.contacts.write"])
    (problem,) = check(hubspot, contact_need(("courses", GROWING)), access_token=token)
    assert problem.where == "connectors.hubspot.access_token"
    assert problem.message.startswith(
        "courses of contacts cannot grow, new options are left out: The token lacks "
        "crm.schemas.contacts.write"
    )
    assert problem.remedy == KEYS


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (("string", "text"), "it is of type string/text, not of multiple checkboxes"),
        (("enumeration", "select"), "it is of type enumeration/select, not of multiple checkboxes"),
    ],
)
def test_a_property_of_another_type_cannot_grow(
    hubspot: FakeHubSpot, shape: tuple[str, str], words: str
) -> None:
    """At the place in the mapping."""
    hubspot.define("contacts", "courses", *shape, options=["Other"] * (shape[1] == "select"))
    (problem,) = check(hubspot, contact_need(("courses", GROWING)))
    assert (problem.where, problem.fatal) == (f"{PLACE}.courses", True)
    assert problem.message == f"courses of contacts cannot grow: {words}"


def test_a_full_property_cannot_grow(hubspot: FakeHubSpot) -> None:
    """Before the first course is left out."""
    many = [f"Course {number}" for number in range(MOST_OPTIONS)]
    hubspot.define("contacts", "courses", "enumeration", "checkbox", options=many)
    (problem,) = check(hubspot, contact_need(("courses", GROWING)))
    assert "cannot grow: it would have more than 5,000 options" in problem.message
