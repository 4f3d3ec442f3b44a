"""Ties a record to its parents within the write: a lookup is named by the parent's key, so that
nobody has to ask for its id.
"""

from __future__ import annotations

from collections.abc import Iterable

from connectors.base import Misconfigured, Record
from connectors.salesforce.error_table import FIELDS
from connectors.salesforce.objects import SObject, api_name
from connectors.salesforce.settings import SalesforceSettings, key_field_of

BY_ROLE = {"Contact", "Opportunity"}
"""These two are tied by an OpportunityContactRole, a record of its own."""


def is_role(source: str, target: str) -> bool:
    return {api_name(source), api_name(target)} == BY_ROLE


class ParentLinks:
    """Knows which lookup leads to a parent, and which field holds the parent's key."""

    def __init__(self, settings: SalesforceSettings) -> None:
        self._settings = settings
        self._keys: dict[str, str] = {}

    def learn(self, name: str, key_field: str) -> None:
        """Remember the key field of an object that is written; parents are written before their
        children.
        """
        self._keys[name] = key_field

    def columns(self, record: Record, sobject: SObject) -> dict[str, dict[str, str]]:
        """Give the lookups for a record's links, as in `{"Learner__r": {"AOM_Key__c":
        "ada@example.test"}}`. Raises Misconfigured.
        """
        columns = {}
        for link in record.links:
            if not is_role(record.object, link.object):
                relationship = find_lookup(sobject, link.object, record.fields)
                if relationship is not None:
                    columns[relationship] = {
                        self.key_field(api_name(link.object)): link.key.lower()
                    }
        return columns

    def key_field(self, name: str) -> str:
        """Give the field that holds our key in an object, by Salesforce's name."""
        return self._keys.get(name) or key_field_of(self._settings, name)


def find_lookup(sobject: SObject, target: str, written: Iterable[str]) -> str | None:
    """Give the name of the one relationship that leads to the target, besides those that the fields
    `written` name themselves.

    None where they name all. Raises Misconfigured where there is none at all, or more than one is
    left.
    """
    named = {name.partition(".")[0] for name in written}
    found = [
        field
        for field in sobject.fields.values()
        if api_name(target) in field.parents and field.writable and field.relationship
    ]
    left = [
        str(field.relationship) for field in found if not {field.name, field.relationship} & named
    ]
    if not found:
        raise Misconfigured(
            f"{sobject.name} has no lookup to {api_name(target)} that the run-as user can "
            f"write → {FIELDS}"
        )
    if len(left) > 1:
        text = f"{sobject.name} has several lookups to {api_name(target)} ({', '.join(left)})"
        raise Misconfigured(
            f"{text}; write the one that is meant in the mapping, as in "
            f'`fields."{left[0]}.AOM_Key__c"`'
        )
    return left[0] if left else None
