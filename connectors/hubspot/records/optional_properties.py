"""Leaves out a property that HubSpot does not take, rather than lose the record for it.

A value of theirs that HubSpot does not take is left out, and noted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.error_rules import ErrorOutcome
from connectors.hubspot.error_table import rule_of
from connectors.hubspot.paths import object_type
from connectors.hubspot.property_definitions import KEY_FIELDS, own_properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.hubspot.account import Property
    from connectors.hubspot.error_body import HubSpotError
    from connectors.hubspot.settings import HubSpotSettings

CURRENCY = "deal_currency_code"
LIFECYCLE = "lifecyclestage"

_BUILT_IN: Mapping[str, frozenset[str]] = {
    "contact": frozenset({LIFECYCLE}),
    "deal": frozenset({CURRENCY}),
}


def _droppable(name: str, own: Iterable[str]) -> frozenset[str]:
    return frozenset(own).difference(KEY_FIELDS.values()) | _BUILT_IN.get(name, frozenset())


OPTIONAL_PROPERTIES = {
    object_type(name): _droppable(name, own) for name, own in own_properties().items()
}
"""By object, what the shipped mappings write and a record can do without.

Stages, names and amounts are not among them.
"""


def may_leave_out(type_: str, name: str | None, settings: HubSpotSettings) -> bool:
    """Tell whether a record is to be written without this property rather than not at all."""
    if name == CURRENCY and settings.unknown_currency == "refuse":
        return False
    return name in OPTIONAL_PROPERTIES.get(type_, ())


def is_optional_property(type_: str, fault: HubSpotError, settings: HubSpotSettings) -> bool:
    """Tell whether a refusal speaks of the value of such a property alone."""
    of_value = rule_of(fault).outcome is ErrorOutcome.RECORD
    return of_value and may_leave_out(type_, fault.field, settings)


def unknown_option(value: str, property_: Property) -> bool:
    """Tell whether a value is none of the options that HubSpot lists for a property."""
    if not property_.options:
        return False
    parts = value.removeprefix(";").split(";") if property_.field_type == "checkbox" else [value]
    return any(part and part not in property_.options for part in parts)


def left_out(name: str, value: str, said: str = "") -> str:
    """The note for the operator. `said` are HubSpot's words, where it gave any."""
    if name == CURRENCY:
        return f"{currency_note(value)}, left out"
    why = said or f"{value} is no option of it"
    return f"{name} was left out: {why} (Settings → Properties → {name})"


def currency_note(code: str) -> str:
    """Say that a currency is not enabled, and where it would be."""
    where = "Settings → Account Management → Account Defaults → Currency"
    return f"{code} is no currency of the account ({where})"
