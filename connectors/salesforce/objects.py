"""The org's objects as its `describe` tells them, kept for an hour: lengths, types, options,
parents, what may be written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connectors.base import FieldType, Misconfigured
from connectors.salesforce.error_table import FIELDS, PERMISSIONS
from connectors.salesforce.errors import MissingObject
from connectors.ttl_cache import TtlCache

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from connectors.salesforce.api import SalesforceApi

STANDARD = {"contact": "Contact", "deal": "Opportunity"}
KEEP = timedelta(hours=1)

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

TYPES: Mapping[str, FieldType] = {
    "boolean": "boolean",
    "int": "number",
    "long": "number",
    "double": "number",
    "currency": "number",
    "percent": "number",
    "date": "date",
    "datetime": "datetime",
    "picklist": "choice",
    "multipicklist": "choices",
}


def api_name(object: str) -> str:
    """Give Salesforce's name of an object of ours."""
    return STANDARD.get(object, object)


@dataclass(frozen=True, slots=True)
class ObjectField:
    """One field. `options` are the active ones, by their value and their label without case."""

    name: str
    label: str
    type: str
    length: int
    required: bool
    createable: bool
    updateable: bool
    unique: bool
    external_id: bool
    # may stand in an upsert: External ID, or one of Salesforce's own such as Contact.Email
    is_key: bool
    restricted: bool
    options: Mapping[str, str]
    parents: tuple[str, ...]
    relationship: str | None
    filterable: bool = True  # a query can look for its values
    # a permission set can show it; what is required or Salesforce's own is always seen
    grantable: bool = True

    @property
    def writable(self) -> bool:
        return self.createable or self.updateable

    @property
    def bound(self) -> bool:
        """Whether the field takes nothing but its options.

        Salesforce takes any StageName, but reports of sales know the options alone.
        """
        return self.restricted or self.name == "StageName"


@dataclass(frozen=True, slots=True)
class SObject:
    name: str
    createable: bool
    updateable: bool
    deletable: bool
    fields: Mapping[str, ObjectField]

    def field(self, name: str) -> ObjectField:
        """Find a field of the object by its name.

        Raises Misconfigured where the org has none of that name, or hides it from the run-as user.
        """
        if name in self.fields:
            return self.fields[name]
        near = get_close_matches(name, self.fields, n=1)
        hint = f" (is {near[0]} meant?)" if near else ""
        raise Misconfigured(
            f"{self.name} has no field {name} that the run-as user can see{hint} → {FIELDS}, "
            "or `aom-gateway provision`"
        )

    def parent(self, relationship: str) -> ObjectField | None:
        return next(
            (field for field in self.fields.values() if field.relationship == relationship), None
        )


class ObjectCache:
    """Asks for an object when it is first needed, and again after an hour, or once it was told
    to `forget` it.
    """

    def __init__(self, api: SalesforceApi, now: Callable[[], datetime]) -> None:
        self._api = api
        self.now = now
        self._known = TtlCache(self._describe, now, KEEP)

    async def find(self, name: str, keep: timedelta = KEEP) -> SObject | None:
        """Give an object by Salesforce's name, as it was `keep` ago or since.

        None where the run-as user sees none: that is asked for anew each time.
        """
        if not _NAME.fullmatch(name):
            return None
        try:
            return await self._known.get(name, keep)
        except MissingObject:
            return None

    async def need(self, name: str, keep: timedelta = KEEP) -> SObject:
        """Give the object as `find` does. Raises Misconfigured where there is none."""
        found = await self.find(name, keep)
        if found is None:
            raise Misconfigured(
                f"the org has no object {name}, or the run-as user may not see it → {PERMISSIONS}"
            )
        return found

    def forget(self, name: str) -> None:
        self._known.forget(name)

    async def aclose(self) -> None:
        await self._known.aclose()

    async def _describe(self, name: str) -> SObject:
        return _sobject(await self._api.call("GET", f"sobjects/{name}/describe"))


def _sobject(described: Mapping[str, Any]) -> SObject:
    fields = {each["name"]: _object_field(each) for each in described["fields"]}
    rights = (described["createable"], described["updateable"], described.get("deletable", False))
    return SObject(described["name"], *rights, MappingProxyType(fields))


def _object_field(described: Mapping[str, Any]) -> ObjectField:
    active = [
        option for option in described.get("picklistValues") or () if option.get("active", True)
    ]
    by_label = {
        str(option.get("label") or option["value"]).casefold(): option["value"] for option in active
    }
    return ObjectField(
        name=described["name"],
        label=described["label"],
        type=described["type"],
        length=described.get("length") or 0,
        required=not (described["nillable"] or described["defaultedOnCreate"])
        and described["createable"],
        createable=described["createable"],
        updateable=described["updateable"],
        unique=described["unique"],
        external_id=described["externalId"],
        is_key=described["externalId"] or described["idLookup"],
        restricted=described.get("restrictedPicklist") or False,
        options=by_label | {str(option["value"]).casefold(): option["value"] for option in active},
        parents=tuple(described.get("referenceTo") or ()),
        relationship=described.get("relationshipName"),
        filterable=described.get("filterable", True),
        grantable=described.get("permissionable", True),
    )
