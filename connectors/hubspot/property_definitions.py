"""Properties as they would be created: our own by their definitions, others by what the mapping
writes into them.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.base import FieldNeed, FieldType

KEY_FIELDS: Mapping[str, str] = {
    "contact": "email",
    "deal": "aom_order_key",
    "line_item": "aom_item_key",
}
"""The property that holds an object's key, where a mapping does not say."""

FIRST_OPTION = "Other"
"""Of a property that grows: HubSpot makes none without an option."""

GROUP = "academy_of_mine"
GROUP_LABEL = "Academy of Mine"

TYPES: Mapping[FieldType, tuple[str, str]] = {
    "string": ("string", "text"),
    "number": ("number", "number"),
    "boolean": ("bool", "booleancheckbox"),
    "date": ("date", "date"),
    "datetime": ("datetime", "date"),
    "choice": ("enumeration", "select"),
    "choices": ("enumeration", "checkbox"),
}
"""HubSpot's type and field type for ours."""


@cache
def own_properties() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Our own properties by object and name."""
    return tomllib.loads((files("connectors.hubspot") / "properties.toml").read_text("utf-8"))


def property_group() -> dict[str, Any]:
    return {"name": GROUP, "label": GROUP_LABEL, "displayOrder": -1}


def property_of(object_: str, name: str, need: FieldNeed, *, unique: bool) -> dict[str, Any]:
    """Make the body that creates a property. A unique one can be made so only now."""
    own = own_properties().get(object_, {}).get(name)
    type_, field_type = (own["type"], own["field_type"]) if own else TYPES[_type(need)]
    body: dict[str, Any] = {
        "name": name,
        "label": own["label"] if own else name.replace("_", " ").capitalize(),
        "description": own["description"] if own else "",
        "groupName": GROUP,
        "type": type_,
        "fieldType": field_type,
        "formField": False,
    }
    if type_ == "enumeration":
        body["options"] = property_options(sorted(need.values) or [FIRST_OPTION])
    if type_ == "bool":
        body["options"] = [
            *property_options(["true"], ["Yes"]),
            *property_options(["false"], ["No"], first=1),
        ]
    if unique:
        body["hasUniqueValue"] = True
    return body


def property_options(
    values: Iterable[str], labels: Iterable[str] | None = None, *, first: int = 0
) -> list[dict[str, Any]]:
    listed = list(values)
    return [
        {"value": value, "label": label, "displayOrder": number, "hidden": False}
        for number, (value, label) in enumerate(zip(listed, labels or listed, strict=True), first)
    ]


def _type(need: FieldNeed) -> FieldType:
    if need.type is None or (need.type == "choice" and not need.values):
        return "string"
    return need.type
