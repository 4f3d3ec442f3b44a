"""One object as a mapping needs it, held against the same object as the account has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.base import FieldNeed, FieldType, ObjectNeed, Problem, Step
from connectors.hubspot.account import Pipeline, find_named
from connectors.hubspot.property_definitions import TYPES, property_of
from connectors.hubspot.records.option_growth import why_it_cannot_grow
from connectors.hubspot.records.optional_properties import CURRENCY, currency_note, may_leave_out
from connectors.hubspot.records.stages import pipeline_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.hubspot.account import Property
    from connectors.hubspot.settings import HubSpotSettings

UNIQUE_PER_OBJECT = 10

READ_AS: Mapping[str, FieldType] = {
    "number": "number",
    "bool": "boolean",
    "date": "date",
    "datetime": "datetime",
}
"""HubSpot's types as ours; enumerations are a choice or choices, all others strings."""

TAKES: Mapping[FieldType, frozenset[FieldType]] = {
    "string": frozenset({"string", "choice", "choices"}),
    "number": frozenset({"number", "string", "choice"}),
    "boolean": frozenset({"boolean", "string"}),
    "date": frozenset({"date", "datetime", "string"}),
    "datetime": frozenset({"datetime", "date", "string"}),
    "choice": frozenset({"choice", "choices", "string"}),
    "choices": frozenset({"choices"}),
}
"""What a mapping writes → the types of property that it can be written into."""

REQUIRED = {"deals": ("dealname", "dealstage")}
"""What HubSpot wants of a new record (a deal's pipeline comes from the settings)."""


def field_type(property_: Property) -> FieldType:
    if property_.type == "enumeration":
        return "choices" if property_.field_type == "checkbox" else "choice"
    return READ_AS.get(property_.type, "string")


@dataclass(frozen=True, slots=True)
class ObjectComparison:
    """One object's needs and what the account has of it."""

    need: ObjectNeed
    type: str
    key_field: str | None
    properties: Mapping[str, Property]
    pipelines: tuple[Pipeline, ...]
    settings: HubSpotSettings

    def steps(self) -> Iterator[Step]:
        """Properties to create first, then options to add."""
        for name, need in self._fields().items():
            if name not in self.properties and not _without_options(need) and name != CURRENCY:
                unique = name == self.key_field
                body = property_of(self.need.object, name, need, unique=unique)
                text = (
                    f"create the property {name} of {self.type} "
                    f"({body['type']}{', unique' if unique else ''})"
                )
                yield Step(
                    text,
                    {
                        "kind": "property",
                        "type": self.type,
                        "body": body,
                        "where": self._where(name),
                    },
                )
        for name, need in self._fields().items():
            if (missing := self._missing_options(name, need)) and not self.properties[
                name
            ].built_in:
                text = f"add the options {', '.join(missing)} to the property {name} of {self.type}"
                yield Step(
                    text,
                    {
                        "kind": "options",
                        "type": self.type,
                        "name": name,
                        "values": missing,
                        "where": self._where(name),
                    },
                )

    def blockers(self) -> list[Problem]:
        return [*self._key(), *self._required(), *self._unfit(), *self._stages()]

    def _fields(self) -> dict[str, FieldNeed]:
        key = {self.key_field: FieldNeed("string")} if self.key_field else {}
        return {**key, **self.need.fields}

    def _where(self, name: str) -> str:
        places = self.need.fields[name].places if name in self.need.fields else ()
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        return f"{places[0]}{more}" if places else f"{self.need.object}.{name}"

    def _key(self) -> Iterator[Problem]:
        if self.key_field is None:
            remedy = (
                'name a unique property of it: key_field = "…" beside object = '
                f'"{self.need.object}"'
            )
            yield Problem(
                self.need.object,
                f"the mapping does not say which property holds the key of {self.type}",
                remedy,
            )
        elif (has := self.properties.get(self.key_field)) and not has.unique:
            remedy = (
                "Settings → Properties: delete it and run `provision` again, or set key_field to "
                "another name"
            )
            message = (
                f"{self.key_field} of {self.type} is not unique, and HubSpot makes a property "
                "unique only when it is created"
            )
            yield Problem(self._where(self.key_field), message, remedy)
        elif (
            has is None
            and sum(has.unique and not has.built_in for has in self.properties.values())
            >= UNIQUE_PER_OBJECT
        ):
            remedy = "Settings → Properties: archive a unique property that is no longer needed"
            yield Problem(
                self._where(self.key_field),
                f"{self.type} have {UNIQUE_PER_OBJECT} unique properties, HubSpot's limit",
                remedy,
            )

    def _required(self) -> Iterator[Problem]:
        for name in REQUIRED.get(self.type, ()):
            if name not in self.need.fields:
                yield Problem(
                    self.need.object,
                    f"HubSpot creates no {self.type} without {name}",
                    f"write it: fields.{name} = …",
                )

    def _unfit(self) -> Iterator[Problem]:
        for name, need in self._fields().items():
            has = self.properties.get(name)
            if has is None:
                yield from self._uncreatable(name, need)
            elif not has.writable:
                yield Problem(
                    self._where(name),
                    f"HubSpot itself fills {name} of {self.type}",
                    "write another property",
                )
            elif need.grows and (reason := why_it_cannot_grow(has)):
                remedy = (
                    f"Settings → Properties → {has.label}, or write a property of the type "
                    "Multiple checkboxes"
                )
                yield Problem(
                    self._where(name), f"{name} of {self.type} cannot grow: {reason}", remedy
                )
            elif need.type and field_type(has) not in TAKES[need.type]:
                wanted, wanted_field = TYPES[need.type]
                remedy = (
                    f"Settings → Properties → {has.label}: change its field type, or write "
                    "another property"
                )
                message = (
                    f"{name} of {self.type} is of type {has.type}/{has.field_type}, the mapping "
                    f"writes {wanted}/{wanted_field}"
                )
                yield Problem(self._where(name), message, remedy, fatal=need.type != "string")
            elif (
                has.built_in
                and name not in pipeline_fields(self.type)
                and (missing := self._missing_options(name, need))
            ):
                loses = may_leave_out(self.type, name, self.settings)
                message = (
                    currency_note(", ".join(missing))
                    if name == CURRENCY
                    else f"{name} has no option {', '.join(missing)}"
                )
                becomes = f": {self.type} are written without it" if loses else ""
                remedy = f"Settings → Properties → {has.label}"
                yield Problem(self._where(name), f"{message}{becomes}", remedy, fatal=not loses)

    def _uncreatable(self, name: str, need: FieldNeed) -> Iterator[Problem]:
        if name == CURRENCY:
            yield Problem(
                self._where(name),
                "the account has no deal currencies",
                "Settings → Account Management → Account Defaults → Currency",
                fatal=False,
            )
        elif _without_options(need):
            remedy = (
                "Settings → Properties → Create property → Multiple checkboxes, with the options "
                "that the mapping can write"
            )
            yield Problem(
                self._where(name),
                f"{name} of {self.type} takes several choices, and which ones the mapping "
                "does not tell",
                remedy,
            )

    def _missing_options(self, name: str, need: FieldNeed) -> list[str]:
        has = self.properties.get(name)
        if has is None or not has.options or name in pipeline_fields(self.type):
            return []
        return sorted(
            value for value in need.values if value and has.option(value) not in has.options
        )

    def _stages(self) -> Iterator[Problem]:
        """Look for the pipelines and stages that the mapping names, by id or label."""
        pipeline_field, stage_field = pipeline_fields(self.type)
        if not self.pipelines:
            return
        stated = self.need.fields.get(pipeline_field)
        names = (
            sorted(stated.values)
            if stated
            else [self.settings.pipeline]
            if self.type == "deals"
            else []
        )
        where = f"Settings → Objects → {self.type.capitalize()} → Pipelines"
        for name in names:
            if find_named(self.pipelines, name) is None:
                known = ", ".join(pipeline.label for pipeline in self.pipelines)
                yield Problem(
                    self._where(pipeline_field),
                    f"there is no pipeline {name!r} of {self.type}, only {known}",
                    where,
                )
        chosen = [
            pipeline for name in names if (pipeline := find_named(self.pipelines, name))
        ] or list(self.pipelines)
        stages = tuple(stage for pipeline in chosen for stage in pipeline.stages)
        for value in (
            sorted(self.need.fields[stage_field].values) if stage_field in self.need.fields else ()
        ):
            if find_named(stages, value) is None:
                known = ", ".join(stage.label for stage in stages)
                yield Problem(
                    self._where(stage_field),
                    f"there is no stage {value!r} in {chosen[0].label}, only {known}",
                    where,
                )


def _without_options(need: FieldNeed) -> bool:
    return need.type == "choices" and not (need.values or need.grows)
