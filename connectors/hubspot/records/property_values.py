"""From a mapping's values to the strings that HubSpot wants for a property of a given type."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from connectors.base import Append, Value
from connectors.hubspot.records.option_growth import option_text

if TYPE_CHECKING:
    from connectors.hubspot.account import Property


def write_value(value: Value, property_: Property | None) -> str:
    """Write a value as HubSpot takes it.

    Where the property is not known, the value's own type decides.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value, property_)
        case int() | Decimal():
            return format(value, "f" if isinstance(value, Decimal) else "d")
        case datetime():
            return _format_moment(value, property_)
        case date():
            return _day(value, property_)
        case Append():
            return _appended(value, property_)
        case _:
            assert_never(value)


def _text(value: str, property_: Property | None) -> str:
    if property_ is None or not property_.options:
        return value
    if property_.field_type == "checkbox":
        return ";".join(property_.option(part) for part in value.split(";"))
    return property_.option(value)


def _format_moment(value: datetime, property_: Property | None) -> str:
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    if property_ is not None and property_.type == "date":
        return aware.date().isoformat()  # the day where it happened, not the day in UTC
    if property_ is not None and property_.type == "string":
        return aware.isoformat(timespec="seconds")
    return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _day(value: date, property_: Property | None) -> str:
    midnight = property_ is not None and property_.type == "datetime"
    return f"{value.isoformat()}T00:00:00.000Z" if midnight else value.isoformat()


def _appended(value: Append, property_: Property | None) -> str:
    texts = map(option_text, value.values)
    options = dict.fromkeys(property_.option(one) if property_ else one for one in texts)
    if property_ is not None and property_.field_type != "checkbox":
        return ";".join(options)  # nothing to append to: HubSpot judges
    return "".join(f";{one}" for one in options)
