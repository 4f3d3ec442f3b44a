"""What a mapping needs, for `check` and `provision`."""

from __future__ import annotations

from connectors.base import FieldNeed, FieldType, ObjectNeed

PLACE = "routes[0].upsert[0].fields"


def field(name: str, type_: FieldType | None = None, *values: str) -> FieldNeed:
    return FieldNeed(type_, frozenset(values), (f"{PLACE}.{name}",))


def contact_need(*fields: tuple[str, FieldNeed], key_field: str | None = None) -> ObjectNeed:
    return ObjectNeed(
        "contact", key_field, dict(fields) or {"firstname": field("firstname", "string")}
    )


def deal_need(**fields: FieldNeed) -> ObjectNeed:
    required = {
        "dealname": field("dealname", "string"),
        "dealstage": field("dealstage", "choice", "closedwon", "Closed Lost"),
    }
    return ObjectNeed("deal", None, required | fields, ("contact",))
