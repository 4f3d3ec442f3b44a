"""Options that a property lacks are made once, whoever comes first, and staff's are left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Append, Outcome, Record, RefusedOption, Retry, Saved, Unavailable
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.records.option_growth import FULL, MOST_OPTIONS
from tests.connectors.hubspot.opening import contact, on, upsert
from tests.fakes.hubspot import FakeHubSpot, Fault

FIELD = "courses"


@pytest.fixture(autouse=True)
def property_of_the_account(hubspot: FakeHubSpot) -> None:
    hubspot.define("contacts", FIELD, "enumeration", "checkbox", options=["Other"])


def options(hubspot: FakeHubSpot) -> list[str]:
    return [one["value"] for one in hubspot.portal.records("contacts").properties[FIELD].options]


def grow(hubspot: FakeHubSpot, *wanted: str, **how: Any) -> list[RefusedOption]:
    async def use(crm: HubSpotConnector) -> Sequence[RefusedOption]:
        return await crm.grow("contact", {FIELD: wanted})

    return list(on(hubspot, use, **how))


def learner(name: str, *courses: str) -> Record:
    return contact(name, **{FIELD: Append(courses, grow=True)})


def test_all_that_lack_are_made_in_one_call(hubspot: FakeHubSpot) -> None:
    """Beside those that are there, in the order in which they come; known ones are no call."""

    async def use(crm: HubSpotConnector) -> None:
        await crm.grow("contact", {FIELD: ["Logic", "Algebra"]})
        known = hubspot.calls()
        await crm.grow("contact", {FIELD: ["Algebra", "Other"]})
        assert hubspot.calls() == known == 3  # all properties, this one, and its change
        await crm.upsert("contact", [learner("ada", "Algebra", "Logic")])
        assert hubspot.calls() == known + 1

    on(hubspot, use)
    assert options(hubspot) == ["Other", "Logic", "Algebra"]
    (ada,) = hubspot.records("contacts")
    assert ada[FIELD] == "Algebra;Logic"


def test_batches_side_by_side_make_each_once(hubspot: FakeHubSpot) -> None:
    """None takes away what another one has just made."""

    async def use(crm: HubSpotConnector) -> None:
        await asyncio.gather(
            *(crm.grow("contact", {FIELD: [f"Course {n}", "Algebra"]}) for n in range(8))
        )

    on(hubspot, use)
    assert sorted(options(hubspot)) == sorted(
        ["Other", "Algebra", *(f"Course {n}" for n in range(8))]
    )


def test_what_staff_has_made_meanwhile_stays(hubspot: FakeHubSpot) -> None:
    """Its options are read right before they are written, hidden ones and labels too."""

    async def use(crm: HubSpotConnector) -> None:
        await crm.grow("contact", {FIELD: ["Other"]})
        mine = {"value": "alg", "label": "Algebra", "displayOrder": 7, "hidden": True}
        hubspot.portal.records("contacts").properties[FIELD].options.append(mine)
        assert list(await crm.grow("contact", {FIELD: ["ALGEBRA", "Logic"]})) == []
        await crm.upsert("contact", [learner("ada", "algebra")])
        assert mine in hubspot.portal.records("contacts").properties[FIELD].options

    on(hubspot, use)
    assert options(hubspot) == ["Other", "alg", "Logic"]
    assert hubspot.records("contacts")[0][FIELD] == "alg"


def test_names_that_differ_in_case_are_one_option(hubspot: FakeHubSpot) -> None:
    """The first spelling is kept: HubSpot takes no label twice."""
    assert grow(hubspot, "Algebra", "ALGEBRA", "algebra") == []
    assert options(hubspot) == ["Other", "Algebra"]
    upsert(hubspot, learner("ada", "algebra", "ALGEBRA"))
    assert hubspot.records("contacts")[0][FIELD] == "Algebra"


def test_a_semicolon_parts_nothing(hubspot: FakeHubSpot) -> None:
    """HubSpot would read it as two options: a comma stands in its place."""
    assert grow(hubspot, "Logic; part one") == []
    (saved,) = upsert(hubspot, learner("ada", "Logic; part one"))
    assert isinstance(saved, Saved)
    assert options(hubspot) == ["Other", "Logic, part one"]
    assert hubspot.records("contacts")[0][FIELD] == "Logic, part one"


def test_a_token_that_may_not_is_told_once(hubspot: FakeHubSpot) -> None:
    """With the scope that lacks; not one call for each learner."""
    token = hubspot.add_token("narrow", without=["crm.schemas.contacts.write"])

    async def use(crm: HubSpotConnector) -> Sequence[RefusedOption]:
        await crm.grow("contact", {FIELD: ["Algebra", "Logic"]})
        calls = hubspot.calls()
        again = await crm.grow("contact", {FIELD: ["Algebra", "Other"]})
        assert hubspot.calls() == calls
        return again

    (refused,) = on(hubspot, use, access_token=token)
    assert (refused.field, refused.option) == (FIELD, "Algebra")
    assert "crm.schemas.contacts.write" in refused.reason


def test_what_was_refused_is_tried_again_later(hubspot: FakeHubSpot) -> None:
    """An admin may have mended it."""
    now = datetime(2026, 5, 1, tzinfo=UTC)
    token = hubspot.add_token("narrow", without=["crm.schemas.contacts.write"])

    async def use(crm: HubSpotConnector) -> Sequence[RefusedOption]:
        nonlocal now
        assert await crm.grow("contact", {FIELD: ["Algebra"]})
        hubspot.add_token("narrow")
        now += timedelta(minutes=6)
        return await crm.grow("contact", {FIELD: ["Algebra"]})

    assert list(on(hubspot, use, access_token=token, now=lambda: now)) == []
    assert options(hubspot) == ["Other", "Algebra"]


def test_a_full_property_is_told(hubspot: FakeHubSpot) -> None:
    """And nothing is taken away to make room."""
    many = [f"Course {n}" for n in range(MOST_OPTIONS)]
    hubspot.define("contacts", FIELD, "enumeration", "checkbox", options=many)
    assert grow(hubspot, "Algebra", "Course 7") == [RefusedOption(FIELD, "Algebra", FULL)]
    assert options(hubspot) == many


def test_what_fits_into_a_property_is_made(hubspot: FakeHubSpot) -> None:
    """There is room for one more: the first one is made, the other is refused in words, and no
    record waits for it.
    """
    many = [f"Course {n}" for n in range(MOST_OPTIONS - 1)]
    hubspot.define("contacts", FIELD, "enumeration", "checkbox", options=many)
    assert grow(hubspot, "Algebra", "Logic") == [RefusedOption(FIELD, "Logic", FULL)]
    assert options(hubspot) == [*many, "Algebra"]


def test_one_that_hubspot_refuses_keeps_no_other_out(hubspot: FakeHubSpot) -> None:
    """Refused together, they are tried one by one."""
    at = f"properties/2026-09/contacts/{FIELD}"
    hubspot.script(Fault("slow", path=at), Fault("status", status=400, path=at))
    assert grow(hubspot, "Algebra", "Logic") == []
    assert options(hubspot) == ["Other", "Algebra", "Logic"]


def test_a_property_that_takes_no_change_is_not_asked_for_each(hubspot: FakeHubSpot) -> None:
    """HubSpot refuses two options in the same words: it is about neither, nor will others do."""
    at = f"properties/2026-09/contacts/{FIELD}"
    for _ in range(20):
        hubspot.script(Fault("slow", path=at), Fault("status", status=400, path=at))

    async def use(crm: HubSpotConnector) -> None:
        many = [f"Course {n}" for n in range(7)]
        assert {one.option for one in await crm.grow("contact", {FIELD: many})} == {*many}
        known = hubspot.calls()
        assert known == 1 + 2 * 3  # all properties; then all together, and two alone
        (refused,) = await crm.grow("contact", {FIELD: ["Algebra"]})
        assert (refused.option, hubspot.calls()) == ("Algebra", known)

    on(hubspot, use)


def test_an_outage_is_no_refusal(hubspot: FakeHubSpot) -> None:
    """It is raised, for the gateway to try again."""
    hubspot.script(Fault("status", status=503, path=f"/{FIELD}"))
    with pytest.raises(Unavailable):
        grow(hubspot, "Algebra")
    assert options(hubspot) == ["Other"]


def test_an_option_that_staff_takes_away_is_made_again(hubspot: FakeHubSpot) -> None:
    """Who is written before that is noticed is tried again, and nothing of it is lost."""

    async def use(crm: HubSpotConnector) -> list[Outcome]:
        await crm.grow("contact", {FIELD: ["Algebra"]})
        hubspot.drop_option("contacts", FIELD, "Algebra")
        found: list[Outcome] = []
        for _ in range(2):
            await crm.grow("contact", {FIELD: ["Algebra"]})
            found += await crm.upsert("contact", [learner("ada", "Algebra")])
        return found

    first, second = on(hubspot, use)
    assert isinstance(first, Retry)
    assert isinstance(second, Saved)
    assert hubspot.records("contacts")[0][FIELD] == "Algebra"
