"""Property definitions, and what values they take."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.hubspot.refusals import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 65_536
EMAIL = re.compile(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[a-z]{2,}", re.IGNORECASE)
PAIRS = {
    "string": {"text", "textarea"},
    "number": {"number"},
    "date": {"date"},
    "datetime": {"date"},
    "enumeration": {"select", "radio", "checkbox"},
    "bool": {"booleancheckbox"},
}


@dataclass(slots=True)
class Property:
    name: str
    type: str = "string"
    field_type: str = "text"
    label: str = ""
    group: str = "information"
    options: list[dict[str, Any]] = field(default_factory=list)
    unique: bool = False
    read_only: bool = False
    built_in: bool = True
    open_options: bool = False  # options are kept elsewhere

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label or self.name.capitalize(),
            "type": self.type,
            "fieldType": self.field_type,
            "groupName": self.group,
            "description": "",
            "options": self.options,
            "hasUniqueValue": self.unique,
            "hubspotDefined": self.built_in,
            "externalOptions": self.open_options,
            "calculated": False,
            "archived": False,
            "modificationMetadata": {
                "archivable": not self.built_in,
                "readOnlyDefinition": self.built_in,
                "readOnlyValue": self.read_only,
            },
        }

    def fault(self, value: str) -> Fault | None:  # noqa: PLR0911 - a type each
        """Say what is wrong with a value as sent. An empty one clears, which is always right."""
        if self.read_only:
            return Fault(
                "READ_ONLY_VALUE",
                f'"{self.name}" is a read only property; its value cannot be set.',
                self.name,
            )
        if not value:
            return None
        match self.type:
            case "number":
                return (
                    None
                    if _is_number(value)
                    else Fault("INVALID_INTEGER", f"{value} was not a valid number.", self.name)
                )
            case "date" | "datetime":
                right = _is_date(value) if self.type == "date" else _is_moment(value)
                return (
                    None
                    if right
                    else Fault("INVALID_DATE", f"{value} was not a valid {self.type}.", self.name)
                )
            case "bool":
                return None if value in {"true", "false"} else self._no_option(value)
            case "enumeration":
                return self._enumerated(value)
        return self._text(value)

    def _text(self, value: str) -> Fault | None:
        if len(value) > LONGEST:
            return Fault(
                "VALUE_TOO_LONG",
                f'Property "{self.name}" is limited to {LONGEST} characters.',
                self.name,
            )
        if self.name == "email" and (
            not EMAIL.fullmatch(value) or value.lower().endswith(".invalid")
        ):
            return Fault("INVALID_EMAIL", f"Email address {value} is invalid", self.name)
        return None

    def _enumerated(self, value: str) -> Fault | None:
        if self.open_options:
            return None
        chosen = value.removeprefix(";").split(";") if self.field_type == "checkbox" else [value]
        known = {option["value"] for option in self.options}
        return next((self._no_option(one) for one in chosen if one not in known), None)

    def _no_option(self, value: str) -> Fault:
        allowed = ", ".join(
            f'label: "{option["label"]}"\nvalue: "{option["value"]}"' for option in self.options
        )
        return Fault(
            "INVALID_OPTION", f"{value} was not one of the allowed options: [{allowed}]", self.name
        )


def merged(property_: Property, old: str, new: str) -> str:
    """Give what stands in a property after a write: several choices are added to by a leading
    `;`.
    """
    if property_.field_type != "checkbox" or not new.startswith(";"):
        return new
    return ";".join(dict.fromkeys(one for one in f"{old}{new}".split(";") if one))


def options(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {"value": value, "label": label, "displayOrder": n, "hidden": False}
        for n, (value, label) in enumerate(pairs)
    ]


def named(*properties: Property) -> dict[str, Property]:
    return {property_.name: property_ for property_ in properties}


LIFECYCLE = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
)


def defaults(type_: str, currencies: Iterable[str]) -> dict[str, Property]:
    """Give what every account has of an object, as far as it is of use here."""
    common = named(
        Property("hs_object_id", "number", "number", read_only=True),
        Property("createdate", "datetime", "date", read_only=True),
        Property("lastmodifieddate", "datetime", "date", read_only=True),
    )
    if type_ == "contacts":
        stages = options(*((stage, stage.capitalize()) for stage in LIFECYCLE))
        return common | named(
            *(
                Property(name)
                for name in (
                    "email",
                    "firstname",
                    "lastname",
                    "phone",
                    "address",
                    "city",
                    "state",
                    "zip",
                    "country",
                )
            ),
            Property("lifecyclestage", "enumeration", "radio", options=stages),
            Property("hs_additional_emails", "enumeration", "checkbox", read_only=True),
        )
    if type_ == "deals":
        return common | named(
            *(Property(name) for name in ("dealname", "description")),
            Property("amount", "number", "number"),
            Property("closedate", "datetime", "date"),
            Property("pipeline", "enumeration", "select", open_options=True),
            Property("dealstage", "enumeration", "radio", open_options=True),
            Property(
                "deal_currency_code",
                "enumeration",
                "select",
                options=options(*((code, code) for code in currencies)),
            ),
        )
    if type_ == "line_items":
        return common | named(
            *(Property(name) for name in ("name", "description", "hs_sku", "hs_product_id")),
            Property("price", "number", "number"),
            Property("quantity", "number", "number"),
            Property("amount", "number", "number", read_only=True),
        )
    return common


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _is_date(text: str) -> bool:
    if text.isdecimal():
        return int(text) % 86_400_000 == 0
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    if text.isdecimal():
        return True
    try:
        return datetime.fromisoformat(text).astimezone(UTC) is not None and text.endswith("Z")
    except ValueError:
        return False
