"""The quick look: whether a body has what its event needs, without reading the rest of it."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError, create_model

from receiver.aom.schema import PAYLOADS, Payload, Sent
from receiver.aom.validate import validate


def people(raw: Mapping[str, Any], event: str, *, closely: bool = False) -> Sequence[str]:
    """The addresses of all whom the body is about, in its order. Raises Invalid with all faults at once.

    `closely` reads the rest too, and so sees a flood of unreadable values, which is a fault as well.
    """
    payload = validate(raw, event)[0] if closely else _quickly(raw, event)
    return [learner.email for learner in payload.people()]


def _quickly(raw: Mapping[str, Any], event: str) -> Payload:
    try:
        return _needed(event).model_validate(raw)
    except ValidationError:
        return validate(raw, event)[0]  # tells the faults


@cache
def _needed(event: str) -> type[Payload]:
    schema = PAYLOADS[event]
    return type(schema.__name__, (_only_needed(schema), Payload), {"people": schema.people, "__module__": __name__})


def _only_needed(model: type[BaseModel]) -> type[BaseModel]:
    """The model without its optional fields, all the way down. Nothing optional has something needed inside."""
    fields = {name: (_only_needed_in(field.annotation), field) for name, field in model.model_fields.items() if field.is_required()}
    return create_model(model.__name__, __base__=Sent, **fields)  # type: ignore[call-overload, no-any-return]


def _only_needed_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _only_needed(annotation)
    if get_origin(annotation) is list:
        return list[_only_needed_in(get_args(annotation)[0])]  # type: ignore[misc]
    return annotation
