"""What a record can do without never costs the record: it is left out, and noted."""

from __future__ import annotations

import pytest

from connectors.base import Append, Refused, Saved
from tests.connectors.hubspot.opening import contact, deal, upsert
from tests.fakes.hubspot import FakeHubSpot


def test_an_account_without_the_stage_customer_still_gets_its_contact(hubspot: FakeHubSpot) -> None:
    """HubSpot's own list of options tells, so that it costs no refusal; the note says what was left
    out, and where.
    """
    hubspot.drop_option("contacts", "lifecyclestage", "customer")
    (outcome,) = upsert(hubspot, contact("ada", lifecyclestage="customer", firstname="Ada"))
    assert isinstance(outcome, Saved)
    (note,) = outcome.notes
    assert (
        note == "lifecyclestage was left out: customer is no option of it (Settings → Properties → "
        "lifecyclestage)"
    )
    (ada,) = hubspot.records("contacts")
    assert (ada["firstname"], ada["lifecyclestage"]) == ("Ada", "lead")
    assert hubspot.calls(status=207) == 0


def test_a_stage_that_only_the_refusal_tells_is_left_out_too(hubspot: FakeHubSpot) -> None:
    """Where the list can't be read, all that were refused go again in one call."""
    hubspot.drop_option("contacts", "lifecyclestage", "customer")
    token = hubspot.add_token("narrow", scopes=["crm.objects.contacts.write"])
    people = [contact(f"c{n}", lifecyclestage="customer" if n % 2 else "lead") for n in range(10)]
    outcomes = upsert(hubspot, *people, access_token=token)
    assert [isinstance(outcome, Saved) and bool(outcome.notes) for outcome in outcomes] == [
        False,
        True,
    ] * 5
    assert hubspot.calls("batch/upsert") == 2


@pytest.mark.parametrize(("type_", "field_type"), [("number", "number"), ("enumeration", "select")])
def test_a_property_of_ours_that_people_changed_is_left_out(
    hubspot: FakeHubSpot, type_: str, field_type: str
) -> None:
    """They made the grade a number, or a list of options: the rest of the contact is written."""
    hubspot.define("contacts", "aom_last_grade", type_, field_type, options=["A", "B"])
    (outcome,) = upsert(hubspot, contact("ada", aom_last_grade="B+", firstname="Ada"))
    assert isinstance(outcome, Saved)
    assert outcome.notes[0].startswith("aom_last_grade was left out")
    assert hubspot.records("contacts")[0]["firstname"] == "Ada"


def test_several_choices_are_left_out_together(hubspot: FakeHubSpot) -> None:
    """An option among several that HubSpot lacks: the field stays as it is."""
    hubspot.define("contacts", "aom_site", "enumeration", "checkbox", options=["springfield"])
    good, bad = upsert(
        hubspot,
        contact("ada", aom_site=Append(("springfield",))),
        contact("bob", aom_site=Append(("springfield", "shelbyville"))),
    )
    assert isinstance(good, Saved)
    assert isinstance(bad, Saved)
    assert (bool(good.notes), bool(bad.notes)) == (False, True)


def test_what_makes_the_order_is_never_left_out(hubspot: FakeHubSpot) -> None:
    """A deal without its stage would say something else: it is refused, with HubSpot's words."""
    (outcome,) = upsert(hubspot, deal(1, dealstage="no such stage"))
    assert isinstance(outcome, Refused)
    assert outcome.field == "dealstage"


def test_a_property_of_ones_own_mapping_is_refused(hubspot: FakeHubSpot) -> None:
    """What the shipped mapping does not write may matter: the operator decides."""
    hubspot.define("contacts", "plan", "enumeration", "select", options=["gold"])
    (outcome,) = upsert(hubspot, contact("ada", plan="silver"))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.field) == ("INVALID_OPTION", "plan")
