"""How a custom field that a mapping writes is made where the org has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.base import FieldNeed, FieldType

# the fields of the standard mapping: name → type, label
STANDARD: dict[str, tuple[FieldType, str]] = {
    "AOM_Key__c": ("string", "AOM Key"),
    "AOM_Order_Key__c": ("string", "AOM Order Key"),
    "AOM_Id__c": ("string", "AOM Id"),
    "AOM_Site__c": ("string", "AOM Site"),
    "AOM_Lifecycle__c": ("choice", "AOM Lifecycle"),
    "AOM_Registered_At__c": ("datetime", "AOM Registered At"),
    "AOM_Courses__c": ("choices", "AOM Courses"),
    "AOM_Last_Activity__c": ("string", "AOM Last Activity"),
    "AOM_Last_Activity_At__c": ("datetime", "AOM Last Activity At"),
    "AOM_Last_Course__c": ("string", "AOM Last Course"),
    "AOM_Last_Course_Id__c": ("string", "AOM Last Course Id"),
    "AOM_Last_Grade__c": ("string", "AOM Last Grade"),
    "AOM_Last_Announcement__c": ("string", "AOM Last Announcement"),
    "AOM_Last_Announcement_At__c": ("datetime", "AOM Last Announcement At"),
    "AOM_Order_Count__c": ("number", "AOM Orders"),
    "AOM_Revenue__c": ("number", "AOM Revenue"),
    "AOM_Average_Order__c": ("number", "AOM Average Order"),
    "AOM_First_Order_At__c": ("datetime", "AOM First Order At"),
    "AOM_Last_Order_At__c": ("datetime", "AOM Last Order At"),
    "AOM_Course_Count__c": ("number", "AOM Course Count"),
    "AOM_Quiz_Count__c": ("number", "AOM Quiz Count"),
    "AOM_Assignment_Count__c": ("number", "AOM Assignment Count"),
    "AOM_Discussion_Count__c": ("number", "AOM Discussion Count"),
    "AOM_First_Seen_At__c": ("datetime", "AOM First Seen At"),
    "AOM_Order_Id__c": ("string", "AOM Order Id"),
    "AOM_Order_Status__c": ("string", "AOM Order Status"),
    "AOM_Refunded__c": ("boolean", "AOM Refunded"),
    "AOM_Products__c": ("string", "AOM Products"),
    "AOM_Quantity__c": ("number", "AOM Quantity"),
    "AOM_Sub_Total__c": ("number", "AOM Sub-total"),
    "AOM_Coupons__c": ("string", "AOM Coupons"),
    "AOM_Payment_Method__c": ("string", "AOM Payment Method"),
    "AOM_Payment_Ref__c": ("string", "AOM Payment Reference"),
    "AOM_Billing_City__c": ("string", "AOM Billing City"),
    "AOM_Billing_Country__c": ("string", "AOM Billing Country"),
}
FIRST_OPTION = "Other"
"""Of a picklist that grows: Salesforce makes none without an option."""

KEY = {"type": "Text", "length": 255, "externalId": True, "unique": True, "caseSensitive": False}
"""Salesforce finds a record by it, and no second one can have it."""


def field_metadata(name: str, need: FieldNeed | None) -> dict[str, Any]:
    """Give the metadata of a custom field; without a need it is a key."""
    kind, label = STANDARD.get(
        name, (need.type if need else "string", name.removesuffix("__c").replace("_", " "))
    )
    options = [] if need is None else sorted(need.values) or [FIRST_OPTION] * need.grows
    shape = KEY if need is None else _shape(kind or "string", options)
    return {"label": label, "description": "Written by the AOM gateway", **shape}


def lookup_metadata(name: str, target: str, source: str) -> dict[str, Any]:
    """Give the metadata of a lookup from one object to another."""
    label = name.removesuffix("__c").replace("_", " ")
    plural = source.removesuffix("__c").replace("_", "") + "s"
    return {
        "label": label,
        "type": "Lookup",
        "referenceTo": target,
        "relationshipName": plural,
        "relationshipLabel": plural,
    }


def in_words(shape: Mapping[str, Any]) -> str:
    """Describe metadata as Setup does: `Text(255), External ID, unique`."""
    size = (
        f"({shape['length']})"
        if "length" in shape
        else f"({shape['referenceTo']})"
        if "referenceTo" in shape
        else ""
    )
    marks = [
        text
        for mark, text in (("externalId", "External ID"), ("unique", "unique"))
        if shape.get(mark)
    ]
    return ", ".join([f"{shape['type']}{size}", *marks])


def _shape(kind: FieldType, options: list[str]) -> dict[str, Any]:
    known = [{"fullName": option, "label": option, "default": False} for option in options]
    values = {"restricted": False, "valueSetDefinition": {"sorted": False, "value": known}}
    shapes: dict[FieldType, dict[str, Any]] = {
        "string": {"type": "Text", "length": 255},
        "number": {"type": "Number", "precision": 18, "scale": 2},
        "boolean": {"type": "Checkbox", "defaultValue": "false"},
        "date": {"type": "Date"},
        "datetime": {"type": "DateTime"},
        "choice": {"type": "Picklist", "valueSet": values},
        "choices": {"type": "MultiselectPicklist", "visibleLines": 4, "valueSet": values},
    }
    if not options:  # a picklist must have one; texts hold any, a long one also several
        shapes |= {
            "choice": shapes["string"],
            "choices": {"type": "LongTextArea", "length": 32768, "visibleLines": 4},
        }
    return shapes[kind]
