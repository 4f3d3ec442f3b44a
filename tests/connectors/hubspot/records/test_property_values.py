"""Values as HubSpot wants them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Append, Saved, Value
from connectors.hubspot.account import Property
from connectors.hubspot.records.property_values import write_value
from tests.connectors.hubspot.opening import contact, upsert
from tests.fakes.hubspot import FakeHubSpot

EVENING = datetime(2020, 8, 11, 21, 58, tzinfo=ZoneInfo("America/New_York"))  # the next day in UTC


def prop(type_: str, field_type: str = "", options: dict[str, str] | None = None) -> Property:
    return Property(
        "x",
        "X",
        type_,
        field_type or type_,
        options or {},
        unique=False,
        writable=True,
        built_in=False,
    )


COURSES = prop("enumeration", "checkbox", {"algebra": "Algebra I", "logic": "Logic"})
PLAN = prop("enumeration", "select", {"full": "Full time"})


@pytest.mark.parametrize(
    ("value", "property_", "text"),
    [
        ("Ada", None, "Ada"),
        ("", prop("string"), ""),
        (True, prop("bool"), "true"),
        (False, None, "false"),
        (7, prop("number"), "7"),
        (Decimal("110.00"), prop("number"), "110.00"),
        (Decimal("1E+3"), None, "1000"),
        (EVENING, None, "2020-08-12T01:58:00.000Z"),
        (EVENING, prop("datetime"), "2020-08-12T01:58:00.000Z"),
        (EVENING, prop("date"), "2020-08-11"),
        (EVENING, prop("string"), "2020-08-11T21:58:00-04:00"),
        # a mapping could make one
        (datetime(2020, 8, 11), None, "2020-08-11T00:00:00.000Z"),  # noqa: DTZ001
        (date(2020, 8, 11), None, "2020-08-11"),
        (date(2020, 8, 11), prop("date"), "2020-08-11"),
        (date(2020, 8, 11), prop("datetime"), "2020-08-11T00:00:00.000Z"),
        ("full", PLAN, "full"),
        ("FULL TIME", PLAN, "full"),
        ("half", PLAN, "half"),
        ("Algebra I;logic", COURSES, "algebra;logic"),
        (Append(("Algebra I", "logic")), COURSES, ";algebra;logic"),
        (Append(("a", "b")), None, ";a;b"),
        (Append(("a", "b")), prop("string"), "a;b"),
    ],
)
def test_a_value_is_written_for_its_property(
    value: Value, property_: Property | None, text: str
) -> None:
    """Dates are the site's own, moments UTC, money plain, choices by value or label, additions with
    a leading `;`.
    """
    assert write_value(value, property_) == text


def test_values_reach_their_properties(hubspot: FakeHubSpot) -> None:
    """A strict HubSpot takes them all, and appending adds to what is there."""
    hubspot.define("contacts", "born", "date", "date")
    hubspot.define("contacts", "seen", "datetime", "date")
    hubspot.define("contacts", "spent", "number", "number")
    hubspot.define("contacts", "newsletter", "bool", "booleancheckbox")
    hubspot.define("contacts", "courses", "enumeration", "checkbox", options=["Algebra", "Logic"])
    fields: dict[str, Value] = {
        "born": EVENING,
        "seen": EVENING,
        "spent": Decimal("9.90"),
        "newsletter": True,
    }
    for course in ("Logic", "Algebra", "Logic"):
        outcomes = upsert(hubspot, contact("ada", **fields, courses=Append((course,)), lastname=""))
        assert isinstance(outcomes[0], Saved)
    upsert(hubspot, contact("ada", firstname="Ada", courses=Append(())))
    (ada,) = hubspot.records("contacts")
    assert {name: ada[name] for name in (*fields, "courses", "lastname")} == {
        "born": "2020-08-11",
        "seen": "2020-08-12T01:58:00.000Z",
        "spent": "9.90",
        "newsletter": "true",
        "courses": "Logic;Algebra",
        "lastname": "",
    }


def test_a_lifecycle_stage_moves_forward_only(hubspot: FakeHubSpot) -> None:
    """HubSpot passes over a step back in silence, so a customer stays one; a contact starts as a
    lead.
    """
    upsert(hubspot, contact("ada"))
    assert hubspot.records("contacts")[0]["lifecyclestage"] == "lead"
    upsert(hubspot, contact("ada", lifecyclestage="customer"))
    assert isinstance(upsert(hubspot, contact("ada", lifecyclestage="lead"))[0], Saved)
    assert hubspot.records("contacts")[0]["lifecyclestage"] == "customer"


def test_moments_are_utc_whatever_the_zone() -> None:
    """The same moment in two zones is the same text."""
    assert write_value(EVENING, None) == write_value(EVENING.astimezone(UTC), None)
