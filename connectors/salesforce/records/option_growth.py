"""Which options a picklist won't take.

One that is not restricted takes any: Salesforce keeps what it does not know as an inactive value.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.base import RefusedOption
from connectors.salesforce.error_table import FIELDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from connectors.salesforce.objects import ObjectField, SObject
    from connectors.salesforce.records.field_values import FieldRow


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


class OptionSpellings:
    """How options were first written that a picklist takes without listing them.

    To people a picklist has an option once, in whatever case; Salesforce keeps each as it came.
    """

    def __init__(self) -> None:
        self._first: dict[tuple[str, str, str], str] = {}

    def spell(self, row: FieldRow, sobject: SObject) -> FieldRow:
        """Write the options that a row adds to picklists as they were written before."""
        appends = {
            name: tuple(self._spelled(sobject, name, one) for one in options)
            for name, options in (row.appends or {}).items()
        }
        return replace(row, appends=appends)

    def _spelled(self, sobject: SObject, name: str, option: str) -> str:
        if sobject.fields[name].type != "multipicklist":
            return option
        return self._first.setdefault((sobject.name, name, option.strip().casefold()), option)


RESTRICTED = "the picklist is restricted to its own options"


def unrestrict(field: ObjectField) -> str:
    """Say where a picklist is let take others."""
    return (
        f"{FIELDS} → {field.name} → Edit: switch off 'Restrict picklist to the values defined "
        "in the value set', or add them there"
    )
