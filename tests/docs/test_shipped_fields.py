"""Both CRMs are given the same, field by field, and the documentation says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docs.hooks.shipped_fields import describe_fields, hubspot_name, shipped_fields, shipped_routes
from receiver.mapping import PlacedRoute
from tests.docs.pages import shown

STAGES = {
    "Negotiation/Review": "appointmentscheduled",
    "Closed Won": "closedwon",
    "Closed Lost": "closedlost",
}
"""Salesforce's stages of an order as HubSpot's."""


def plain(one: PlacedRoute) -> dict[str, Any]:
    """A route as JSON has it, without the names that only its CRM has."""
    found: dict[str, Any] = one.route.model_dump(mode="json", exclude={"connector"})
    for upsert in found["upsert"]:
        del upsert["key_field"], upsert["use"]
    return found


def as_hubspots(route: dict[str, Any]) -> dict[str, Any]:
    """A route of Salesforce with HubSpot's names of fields and stages."""
    text = json.dumps(route)
    for stage, theirs in STAGES.items():
        text = text.replace(f'"{stage}"', f'"{theirs}"')
    renamed: dict[str, Any] = json.loads(text)
    for upsert in renamed["upsert"]:
        upsert["fields"] = {hubspot_name(name): one for name, one in upsert["fields"].items()}
    return renamed


def by_name(connector: str) -> Mapping[str, dict[str, Any]]:
    return {one.name: plain(one) for one in shipped_routes(connector)}


def test_both_crms_are_given_the_same() -> None:
    """Routes, records, keys, conditions, and each field's value and rule."""
    hubspot, salesforce = by_name("hubspot"), by_name("salesforce")
    assert list(hubspot) == list(salesforce)
    for name, route in salesforce.items():
        assert as_hubspots(route) == hubspot[name]


def test_every_field_is_in_the_table() -> None:
    """Once, with both names."""
    lines = describe_fields().splitlines()
    for object_, fields in shipped_fields("salesforce").items():
        for name in fields:
            cells = f"| `{hubspot_name(name)}` | `{name}` |"
            assert sum(line.startswith(f"| {object_} |") and cells in line for line in lines) == 1


def test_the_page_shows_them(site: Path) -> None:
    """As a table, beside the picture."""
    page = shown(site, "crm_fields.html")
    for fields in shipped_fields("hubspot").values():
        for name in fields:
            assert name in page
    assert (site / "contact.svg").exists()
