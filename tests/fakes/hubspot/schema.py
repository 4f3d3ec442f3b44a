"""Properties, groups and pipelines: what there is, and creating more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.hubspot.properties import PAIRS, Property
from tests.fakes.hubspot.refusals import Refusal, not_valid

if TYPE_CHECKING:
    from tests.fakes.hubspot.options import Options
    from tests.fakes.hubspot.portal import Portal

UNIQUE_PER_OBJECT = 10
MOST_OPTIONS = 5_000
NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(slots=True)
class Schema:
    portal: Portal
    options: Options
    dated: bool = True  # dated versions want more of an option

    def properties(self, type_: str) -> tuple[int, dict[str, Any]]:
        return 200, {
            "results": [
                self._shown(type_, one) for one in self.portal.records(type_).properties.values()
            ]
        }

    def property(self, type_: str, name: str) -> tuple[int, dict[str, Any]]:
        return 200, self._shown(type_, self._find(type_, name))

    def create_property(self, type_: str, body: Any) -> tuple[int, dict[str, Any]]:
        records = self.portal.records(type_)
        for name in ("name", "label", "groupName", "type", "fieldType"):
            if not isinstance(body.get(name), str) or not body[name]:
                raise not_valid(f"Invalid input JSON: {name} is missing")
        if not NAME.fullmatch(body["name"]):
            raise not_valid(
                f"{body['name']} is no name of a property: lower case letters, digits and _"
            )
        if body["name"] in records.properties:
            raise Refusal(
                409, "OBJECT_ALREADY_EXISTS", f"A property named '{body['name']}' already exists."
            )
        if body["groupName"] not in records.groups:
            raise not_valid(f"{body['groupName']} is no property group of {type_}")
        if body["fieldType"] not in PAIRS.get(body["type"], ()):
            raise not_valid(f"{body['type']} and {body['fieldType']} do not go together")
        if (
            body.get("hasUniqueValue")
            and sum(one.unique for one in records.properties.values()) >= UNIQUE_PER_OBJECT
        ):
            raise not_valid(f"{type_} have {UNIQUE_PER_OBJECT} unique properties already")
        made = Property(
            body["name"],
            body["type"],
            body["fieldType"],
            body["label"],
            body["groupName"],
            self._options(
                body.get("options") or [], needed=body["type"] in {"enumeration", "bool"}
            ),
            unique=bool(body.get("hasUniqueValue")),
            built_in=False,
        )
        records.properties[made.name] = made
        return 201, made.as_json()

    def change_property(self, type_: str, name: str, body: Any) -> tuple[int, dict[str, Any]]:
        known = self._find(type_, name)
        if "hasUniqueValue" in body:
            raise not_valid("hasUniqueValue is set when a property is created, and never changes")
        if "options" in body:
            known.options = self._options(body["options"], needed=True)
        return 200, known.as_json()

    def groups(self, type_: str) -> tuple[int, dict[str, Any]]:
        groups = self.portal.records(type_).groups
        return 200, {
            "results": [
                {"name": name, "label": label, "archived": False, "displayOrder": 0}
                for name, label in groups.items()
            ]
        }

    def create_group(self, type_: str, body: Any) -> tuple[int, dict[str, Any]]:
        groups = self.portal.records(type_).groups
        if body["name"] in groups:
            raise Refusal(
                409, "OBJECT_ALREADY_EXISTS", f"A group named '{body['name']}' already exists."
            )
        groups[body["name"]] = body["label"]
        return 201, {
            "name": body["name"],
            "label": body["label"],
            "archived": False,
            "displayOrder": 0,
        }

    def pipelines(self, type_: str) -> tuple[int, dict[str, Any]]:
        self.portal.records(type_)
        return 200, {
            "results": [pipeline.as_json() for pipeline in self.portal.pipelines.get(type_, [])]
        }

    def _find(self, type_: str, name: str) -> Property:
        known = self.portal.records(type_).properties.get(name)
        if known is None:
            raise Refusal(404, "OBJECT_NOT_FOUND", f"There is no property {name}")
        return known

    def _options(self, options: Any, *, needed: bool) -> list[dict[str, Any]]:
        wanted = {"label", "value", "hidden", *(("displayOrder",) if self.dated else ())}
        if not isinstance(options, list) or (needed and not options):
            raise not_valid("Invalid input JSON: options are missing")
        if any(wanted - set(option) for option in options):
            raise not_valid(f"Invalid input JSON: an option needs {sorted(wanted)}")
        for part in ("value", "label"):
            texts = [str(option[part]).casefold() for option in options]
            if len({*texts}) < len(texts):
                raise not_valid(f"Property options must have a unique {part}")
        if any(";" in option["value"] for option in options):
            raise not_valid("Property option values may not contain a semicolon")
        if len(options) > MOST_OPTIONS:
            raise not_valid(f"A property has at most {MOST_OPTIONS} options")
        return options

    def _shown(self, type_: str, one: Property) -> dict[str, Any]:
        shown = one.as_json()
        if one.name == "deal_currency_code" and not self.options.currency_options:
            shown["options"] = []
        if one.name == "dealstage" and self.options.stage_options:
            stages = [
                stage
                for pipeline in self.portal.pipelines.get(type_, [])
                for stage in pipeline.stages.items()
            ]
            shown["options"] = [
                {"value": id_, "label": label, "displayOrder": 0, "hidden": False}
                for id_, label in stages
            ]
        return shown
