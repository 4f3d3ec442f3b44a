"""Creating in HubSpot what a plan lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import Plan, Problem, Report, Step
from connectors.hubspot.errors import HubSpotCallRefused
from connectors.hubspot.records.option_growth import add_options

if TYPE_CHECKING:
    from connectors.hubspot.api import HubSpotApi

CONFLICT = 409
THERE = "EXISTS"  # OBJECT_ALREADY_EXISTS, PROPERTY_EXISTS, …


async def provision_steps(plan: Plan, api: HubSpotApi) -> Report:
    """Carry out a plan, step by step.

    What is there already counts as done; a ConnectorError that concerns all steps is raised.
    """
    done: list[str] = []
    failed: list[Problem] = []
    for step in plan.steps:
        try:
            await _carry_out(step, api)
        except HubSpotCallRefused as error:
            if not _is_there(error):
                failed.append(
                    Problem(
                        step.text,
                        str(error),
                        "Settings → Properties: create it by hand, or mend what HubSpot names",
                    )
                )
                continue
        done.append(step.text)
    return Report(tuple(done), tuple(failed))


def _is_there(error: HubSpotCallRefused) -> bool:
    return error.fault.status == CONFLICT or any(THERE in word for word in error.fault.words)


async def _carry_out(step: Step, api: HubSpotApi) -> None:
    data = step.data
    match data["kind"]:
        case "group":
            await api.call("POST", api.paths.groups(data["type"]), dict(data["body"]))
        case "property":
            await api.call("POST", api.paths.properties(data["type"]), dict(data["body"]))
        case "options":
            await add_options(api, data["type"], data["name"], data["values"])
