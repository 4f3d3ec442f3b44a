"""Where things are in HubSpot's API."""

from __future__ import annotations

from connectors.hubspot.paths import ApiPaths, object_type


def test_a_dated_version_stands_behind_its_area() -> None:
    """Paths of a dated version carry the date."""
    paths = ApiPaths("2026-09")
    assert paths.batch("contacts", "upsert") == "/crm/objects/2026-09/contacts/batch/upsert"
    assert paths.properties("deals", "aom id") == "/crm/properties/2026-09/deals/aom%20id"
    assert paths.associated("deals", "contacts").startswith("/crm/associations/2026-09/deals/")
    assert paths.account("details") == "/account-info/2026-09/details"


def test_v3_keeps_associations_under_v4() -> None:
    """The undated API has two numbers."""
    paths = ApiPaths("v3")
    assert paths.batch("contacts", "upsert") == "/crm/v3/objects/contacts/batch/upsert"
    assert paths.associate("deals", "contacts") == (
        "/crm/v4/associations/deals/contacts/batch/associate/default"
    )


def test_a_name_cannot_leave_its_place() -> None:
    """What a mapping names is one part of the path, whatever it holds."""
    assert ApiPaths("v3").properties("../x/y") == "/crm/v3/properties/..%2Fx%2Fy"


def test_own_names_stand_for_hubspots() -> None:
    """Any other name is HubSpot's."""
    assert object_type("contact") == "contacts"
    assert object_type("2-1234567") == "2-1234567"
