"""What the account looks like: properties and pipelines, looked up as needed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.base import Misconfigured, Throttled, Unavailable
from connectors.hubspot.errors import SetUpMissing
from connectors.hubspot.json_answers import items_of, text_of
from connectors.hubspot.paths import OBJECT_TYPES
from connectors.ttl_cache import TtlCache

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from datetime import datetime

    from connectors.hubspot.api import HubSpotApi

PORTAL = re.compile(r"/contacts/(\d+)/")
OWN_TYPES = frozenset(OBJECT_TYPES.values())
FRESH = timedelta(minutes=5)
OUTAGES = (Unavailable, Throttled)  # while HubSpot can't answer, what is known serves on
UNKNOWN = (400, 404)  # how HubSpot answers for an object that it does not have

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    label: str
    type: str  # string, number, bool, date, datetime, enumeration, phone_number, …
    field_type: str  # checkbox: of several choices
    options: Mapping[str, str]  # value → label; empty: HubSpot keeps them elsewhere, or any will do
    unique: bool
    writable: bool
    built_in: bool
    fixed_options: bool = False  # nobody may add to them

    def option(self, text: str) -> str:
        """Give the value of the option that is meant by a value or a label; else the text."""
        found = self.find_option(text)
        return text if found is None else found

    def find_option(self, text: str) -> str | None:
        """Give the value of the option that has this value, or this label or value in any case."""
        if text in self.options:
            return text
        folded = text.casefold()
        labels = (value for value, label in self.options.items() if label.casefold() == folded)
        values = (value for value in self.options if value.casefold() == folded)
        return next(labels, None) or next(values, None)


@dataclass(frozen=True, slots=True)
class PipelineStage:
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    id: str
    label: str
    stages: tuple[PipelineStage, ...]


Named = TypeVar("Named", PipelineStage, Pipeline)


def find_named(items: tuple[Named, ...], name: str) -> Named | None:
    """Find the stage or pipeline of this id, else of this label in any case."""
    by_id = (item for item in items if item.id == name)
    by_label = (item for item in items if item.label.casefold() == name.casefold())
    return next(by_id, None) or next(by_label, None)


class AccountSchema:
    """Looks up an account's properties and pipelines by HubSpot's object type.

    `read_…` and `find_…` ask HubSpot and raise. The others serve writing: they remember, and give
    None where the token may not read; then values are sent as the mapping has them.
    """

    def __init__(self, api: HubSpotApi, now: Callable[[], datetime]) -> None:
        self.portal_id: int | None = None
        self._api = api
        self._properties = TtlCache(self._load_properties, now, FRESH, OUTAGES)
        self._pipelines = TtlCache(self._load_pipelines, now, FRESH, OUTAGES)

    async def properties(self, type_: str) -> Mapping[str, Property] | None:
        return await self._properties.get(type_)

    async def pipelines(self, type_: str) -> tuple[Pipeline, ...] | None:
        return await self._pipelines.get(type_)

    def forget(self, type_: str) -> None:
        """Ask again next time: HubSpot has just said that something is not as we thought."""
        self._properties.forget(type_)
        self._pipelines.forget(type_)

    def notice(self, results: Iterable[Mapping[str, Any]]) -> None:
        """Learn the account's own id from the addresses of its records."""
        if self.portal_id is None:
            found = (PORTAL.search(str(result.get("url"))) for result in results)
            self.portal_id = next((int(match.group(1)) for match in found if match), None)

    async def find_portal(self) -> int | None:
        """Ask for the account's own id; None where the token may not know."""
        if self.portal_id is None:
            try:
                details = await self._api.read(self._api.paths.account("details"))
            except Misconfigured:
                return None
            found = str(details.get("portalId") or "")
            self.portal_id = int(found) if found.isdecimal() else None
        return self.portal_id

    async def read_properties(self, type_: str) -> dict[str, Property]:
        data = await self._api.read(self._api.paths.properties(type_))
        return {
            item["name"]: _property(type_, item)
            for item in items_of(data, "results")
            if not item.get("archived")
        }

    async def find_properties(self, type_: str) -> dict[str, Property] | None:
        """`read_properties`, or None where there is no such object."""
        try:
            return await self.read_properties(type_)
        except SetUpMissing as error:
            if error.fault.status in UNKNOWN:
                return None
            raise

    async def are_associated(self, source: str, target: str) -> bool:
        """Tell whether records of these objects can be tied.

        HubSpot's own always can, custom ones where an association is defined.
        """
        if {source, target} <= OWN_TYPES:
            return True
        data = await self._api.read(self._api.paths.association_labels(source, target))
        return bool(items_of(data, "results"))

    async def note_property(self, type_: str, item: Mapping[str, Any]) -> None:
        """Remember a property as HubSpot has just answered it, without asking for all of them."""
        known = await self._properties.get(type_)
        if known is not None:
            self._properties.put(type_, {**known, item["name"]: _property(type_, item)})

    async def read_groups(self, type_: str) -> frozenset[str]:
        data = await self._api.read(self._api.paths.groups(type_))
        return frozenset(
            item["name"] for item in items_of(data, "results") if not item.get("archived")
        )

    async def read_pipelines(self, type_: str) -> tuple[Pipeline, ...]:
        data = await self._api.read(self._api.paths.pipelines(type_))
        return tuple(
            _pipeline(item) for item in items_of(data, "results") if not item.get("archived")
        )

    async def creation_stages(self, object_id: str, pipeline: str) -> frozenset[str]:
        """Give the ids of the only stages that records may be made in.

        None where any will do, or where HubSpot does not tell.
        """
        try:
            data = await self._api.read(self._api.paths.pipeline_rules(object_id, pipeline))
        except Misconfigured:
            return frozenset()
        rules = data.get("governanceValidationRules")
        rule = rules.get("objectCreationRule") if isinstance(rules, dict) else None
        ids = rule.get("pipelineStageIds") if isinstance(rule, dict) else None
        return frozenset(map(str, ids)) if isinstance(ids, list) else frozenset()

    async def aclose(self) -> None:
        """Wait for look-ups that are under way."""
        await self._properties.aclose()
        await self._pipelines.aclose()

    async def _load_properties(self, type_: str) -> Mapping[str, Property] | None:
        return await self._unless_forbidden(self.read_properties(type_))

    async def _load_pipelines(self, type_: str) -> tuple[Pipeline, ...] | None:
        return await self._unless_forbidden(self.read_pipelines(type_))

    async def _unless_forbidden(self, reading: Awaitable[T]) -> T | None:
        try:
            return await reading
        except Misconfigured:
            return None


def _property(type_: str, item: Mapping[str, Any]) -> Property:
    editing = item.get("modificationMetadata")
    read_only = isinstance(editing, dict) and editing.get("readOnlyValue")
    return Property(
        name=item["name"],
        label=text_of(item, "label") or item["name"],
        type=text_of(item, "type") or "string",
        field_type=text_of(item, "fieldType") or "text",
        options={
            str(option["value"]): text_of(option, "label")
            for option in items_of(item, "options")
            if "value" in option
        },
        unique=bool(item.get("hasUniqueValue")) or (type_, item["name"]) == ("contacts", "email"),
        writable=not (read_only or item.get("calculated")),
        built_in=bool(item.get("hubspotDefined")),
        fixed_options=bool(
            item.get("externalOptions")
            or (isinstance(editing, dict) and editing.get("readOnlyOptions"))
        ),
    )


def _pipeline(item: Mapping[str, Any]) -> Pipeline:
    stages = (stage for stage in items_of(item, "stages") if not stage.get("archived"))
    return Pipeline(
        str(item["id"]),
        text_of(item, "label"),
        tuple(PipelineStage(str(stage["id"]), text_of(stage, "label")) for stage in stages),
    )
