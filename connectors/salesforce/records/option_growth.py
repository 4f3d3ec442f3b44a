"""Which options a picklist won't take.

One that is not restricted takes any: Salesforce keeps what it does not know as an inactive value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import RefusedOption
from connectors.salesforce.error_table import FIELDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from connectors.salesforce.objects import ObjectField, SObject


def find_lacking(sobject: SObject, options: Mapping[str, Collection[str]]) -> list[RefusedOption]:
    """Give the options that fields of an object don't have and won't take.

    What can't be told here, such as a field that is not there, is left to the write.
    """
    known = ((name, sobject.fields.get(name), values) for name, values in options.items())
    return [
        RefusedOption(name, value, f"{RESTRICTED} → {unrestrict(field)}")
        for name, field, values in known
        if field is not None and field.bound
        for value in values
        if value.replace(";", ",").strip().casefold() not in field.options
    ]


RESTRICTED = "the picklist is restricted to its own options"


def unrestrict(field: ObjectField) -> str:
    """Say where a picklist is let take others."""
    return (
        f"{FIELDS} → {field.name} → Edit: switch off 'Restrict picklist to the values defined "
        "in the value set', or add them there"
    )
