"""Deals: pipelines and stages by name or id, and currencies that the account may not have."""

from __future__ import annotations

import pytest

from connectors.base import Misconfigured, Record, Refused, Saved
from tests.connectors.hubspot.opening import deal, upsert
from tests.fakes.hubspot import FakeHubSpot


@pytest.fixture
def courses(hubspot: FakeHubSpot) -> FakeHubSpot:
    """An account with a second pipeline."""
    hubspot.add_pipeline("deals", "8812", "Course Sales", {"991": "Ordered", "992": "Paid"})
    return hubspot


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("stage", ["closedwon", "Closed Won", "closed won"])
def test_a_stage_is_known_by_id_and_by_name(hubspot: FakeHubSpot, stage: str, listed: bool) -> None:
    """Whether the stage property lists its options or leaves them to the pipelines."""
    hubspot.set_options(stage_options=listed)
    assert isinstance(upsert(hubspot, deal(1, dealstage=stage))[0], Saved)
    (made,) = hubspot.records("deals")
    assert (made["pipeline"], made["dealstage"]) == ("default", "closedwon")


@pytest.mark.parametrize("pipeline", ["8812", "Course Sales", "course sales"])
def test_the_pipeline_comes_from_the_settings(courses: FakeHubSpot, pipeline: str) -> None:
    """A mapping that names a stage alone means the pipeline of the settings, which goes along."""
    assert isinstance(upsert(courses, deal(1, dealstage="Paid"), pipeline=pipeline)[0], Saved)
    (made,) = courses.records("deals")
    assert (made["pipeline"], made["dealstage"]) == ("8812", "992")


def test_the_mappings_own_pipeline_goes_first(courses: FakeHubSpot) -> None:
    """A pipeline that the record names is looked up the same way."""
    assert isinstance(
        upsert(courses, deal(1, pipeline="Course Sales", dealstage="Ordered"))[0], Saved
    )
    assert courses.records("deals")[0]["dealstage"] == "991"


def test_a_pipeline_that_is_not_there_is_misconfigured(hubspot: FakeHubSpot) -> None:
    """It concerns every deal: the settings are to be mended, and the known ones are named."""
    with pytest.raises(Misconfigured, match=r"no deal pipeline 'Courses'.*Sales Pipeline"):
        upsert(hubspot, deal(1), pipeline="Courses")


def test_a_stage_that_is_not_there_is_refused_by_hubspot(hubspot: FakeHubSpot) -> None:
    """It is sent as it is, and comes back with HubSpot's words and the field."""
    outcomes = upsert(hubspot, deal(1, dealstage="Paid"), deal(2))
    assert isinstance(outcomes[0], Refused)
    assert (outcomes[0].code, outcomes[0].field) == ("INVALID_OPTION", "dealstage")
    assert isinstance(outcomes[1], Saved)


def test_an_update_without_a_stage_leaves_it(hubspot: FakeHubSpot) -> None:
    """No pipeline is added where the mapping writes no stage."""
    upsert(hubspot, deal(1, dealstage="closedlost"))
    outcomes = upsert(hubspot, Record("deal", "springfield-1", {"amount": "5"}))
    assert isinstance(outcomes[0], Saved)
    assert hubspot.records("deals")[0]["dealstage"] == "closedlost"


def test_what_a_new_deal_wants_is_named(hubspot: FakeHubSpot) -> None:
    """A new deal without a name or stage is Refused, with the field that is missing."""
    (outcome,) = upsert(hubspot, Record("deal", "springfield-1", {"dealname": "Order 1"}))
    assert isinstance(outcome, Refused)
    assert outcome.field == "dealstage"


@pytest.mark.parametrize("listed", [True, False])
def test_an_unknown_currency_is_left_out(hubspot: FakeHubSpot, listed: bool) -> None:
    """Whether the property tells which currencies there are, or HubSpot refuses the deal first: it
    is written without, and noted.
    """
    hubspot.set_options(currency_options=listed)
    hubspot.portal.objects["deals"].properties["deal_currency_code"].options[:] = [
        {"value": code, "label": code, "displayOrder": 0, "hidden": False}
        for code in ("USD", "EUR")
    ]
    outcomes = upsert(
        hubspot,
        *(deal(n, deal_currency_code=code) for n, code in enumerate(["USD", "XAF", "EUR", "XPF"])),
    )
    assert all(isinstance(outcome, Saved) for outcome in outcomes)
    assert [
        one.get("deal_currency_code")
        for one in sorted(hubspot.records("deals"), key=lambda one: one["aom_order_key"])
    ] == [
        "USD",
        None,
        "EUR",
        None,
    ]
    noted = [outcome.notes for outcome in outcomes if isinstance(outcome, Saved)]
    assert noted[0] == noted[2] == ()
    assert noted[1][0].startswith("XAF is no currency of the account")
    assert noted[1][0].endswith("left out")
    assert hubspot.calls("upsert") == (1 if listed else 2)


@pytest.mark.parametrize("listed", [True, False])
def test_an_unknown_currency_is_refused_by_choice(hubspot: FakeHubSpot, listed: bool) -> None:
    """With `unknown_currency = "refuse"` the deal is Refused, naming the field."""
    hubspot.set_options(currency_options=listed)
    outcomes = upsert(
        hubspot,
        deal(1, deal_currency_code="XAF"),
        deal(2, deal_currency_code="USD"),
        unknown_currency="refuse",
    )
    assert isinstance(outcomes[0], Refused)
    assert (outcomes[0].code, outcomes[0].field) == ("INVALID_OPTION", "deal_currency_code")
    assert isinstance(outcomes[1], Saved)


def test_an_account_without_currencies_takes_none(hubspot: FakeHubSpot) -> None:
    """Where deals have no such property, it is left out rather than missed."""
    del hubspot.portal.objects["deals"].properties["deal_currency_code"]
    (outcome,) = upsert(hubspot, deal(1, deal_currency_code="USD"))
    assert isinstance(outcome, Saved)
    assert outcome.notes
