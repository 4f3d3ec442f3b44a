"""What `provision` would create for a mapping, and what only a person can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import ObjectNeed, Plan, Problem, Step
from connectors.hubspot.paths import object_type
from connectors.hubspot.property_definitions import GROUP, GROUP_LABEL, property_group
from connectors.hubspot.records.stages import pipeline_fields
from connectors.hubspot.setup.object_comparison import ObjectComparison

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connectors.base import Needs
    from connectors.hubspot.account import AccountSchema
    from connectors.hubspot.settings import HubSpotSettings


async def make_plan(needs: Needs, account: AccountSchema, settings: HubSpotSettings) -> Plan:
    steps: list[Step] = []
    blockers: list[Problem] = []
    for need in needs:
        type_ = object_type(need.object)
        properties = await account.find_properties(type_)
        if properties is None:
            remedy = (
                "Settings → Objects → Custom Objects: create it, or take its internal name from "
                "there"
            )
            blockers.append(Problem(need.object, f"HubSpot has no object {need.object!r}", remedy))
            continue
        staged = any(name in need.fields for name in pipeline_fields(type_))
        pipelines = await account.read_pipelines(type_) if staged else ()
        found = ObjectComparison(need, type_, need.key_field, properties, pipelines, settings)
        blockers += [
            *found.blockers(),
            *[problem async for problem in _unassociated(need, account)],
        ]
        missing = list(found.steps())
        if (
            missing
            and missing[0].data["kind"] == "property"
            and GROUP not in await account.read_groups(type_)
        ):
            steps.append(
                Step(
                    f"create the property group {GROUP_LABEL!r} of {type_}",
                    {"kind": "group", "type": type_, "body": property_group()},
                )
            )
        steps += missing
    return Plan(tuple(steps), tuple(blockers))


async def _unassociated(need: ObjectNeed, account: AccountSchema) -> AsyncIterator[Problem]:
    for target in need.links:
        one, other = object_type(need.object), object_type(target)
        if not await account.are_associated(one, other):
            remedy = f"Settings → Objects → Custom Objects → {need.object} → Associations"
            yield Problem(
                need.object, f"HubSpot has no association between {one} and {other}", remedy
            )
