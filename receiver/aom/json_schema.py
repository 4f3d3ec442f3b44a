"""The JSON Schema of each event, from the same models that check it."""

import json
from functools import cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import WithDefaultSchema

from receiver.aom.event_names import LABELS
from receiver.aom.payload_schema import PAYLOADS
from receiver.aom.samples import read_sample


class _Plain(GenerateJsonSchema):
    """Without what pydantic adds for itself: titles made of names, and defaults that nobody
    sends.
    """

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    # the signature is pydantic's
    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


@cache
def json_schema(event: str) -> dict[str, Any]:
    """What AOM sends for the event, as JSON Schema 2020-12, with AOM's sample where there is one.

    Further keys are allowed.

    What is `required` is what the gateway needs; optional values that do not fit are kept, but not
    understood. Do not change what is returned. Raises KeyError for a name that is no event.
    """
    schema = PAYLOADS[event].model_json_schema(schema_generator=_Plain)
    example = read_sample(event)
    described = {
        "$schema": GenerateJsonSchema.schema_dialect,
        **schema,
        "title": event,
        "description": f"What Academy of Mine sends for “{LABELS[event]}”",
    }
    return described | ({"examples": [json.loads(example)]} if example else {})
