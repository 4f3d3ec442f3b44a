"""Where in a pipeline a record stands: stages and pipelines by their names or their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import Misconfigured
from connectors.hubspot.account import Pipeline, find_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.base import Value

FIELDS = {"deals": ("pipeline", "dealstage")}
FIELDS_OF_OTHERS = ("hs_pipeline", "hs_pipeline_stage")


def pipeline_fields(type_: str) -> tuple[str, str]:
    """Name the properties that hold the pipeline and the stage of an object."""
    return FIELDS.get(type_, FIELDS_OF_OTHERS)


def place_in_pipeline(
    type_: str, fields: Mapping[str, Value], pipelines: tuple[Pipeline, ...] | None, usual: str
) -> dict[str, str]:
    """Give pipeline and stage as HubSpot wants them, where `fields` name a stage.

    A deal whose mapping names a stage alone goes to the `usual` pipeline; raises Misconfigured
    where that is not there. Anything else that is not known is sent as it is: HubSpot's own words
    on it are the best. `pipelines` None: not known.
    """
    pipeline_field, stage_field = pipeline_fields(type_)
    if stage_field not in fields:
        return {}
    stage, own = str(fields[stage_field]), fields.get(pipeline_field)
    name = str(own) if own is not None else usual if type_ == "deals" else None
    if name is None:
        return {stage_field: stage}
    pipeline = find_named(pipelines or (), name)
    if pipeline is None:
        if own is None and pipelines:
            raise Misconfigured(_no_pipeline(name, pipelines))
        return {pipeline_field: name, stage_field: stage}
    found = find_named(pipeline.stages, stage)
    return {pipeline_field: pipeline.id, stage_field: found.id if found else stage}


def _no_pipeline(name: str, pipelines: tuple[Pipeline, ...]) -> str:
    known = ", ".join(pipeline.label for pipeline in pipelines)
    return (
        f"HubSpot has no deal pipeline {name!r}: set `pipeline` to one of {known} (Settings → "
        "Objects → Deals → Pipelines)"
    )
