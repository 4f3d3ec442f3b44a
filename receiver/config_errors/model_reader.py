"""From a raw table to its model, with all faults at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from receiver.config_errors.config_error import ConfigFault
from receiver.config_errors.error_wording import describe_error
from receiver.config_errors.nearest import nearest_name, suggest_name
from receiver.config_errors.place import Step, format_place

Model = TypeVar("Model", bound=BaseModel)

UNREADABLE = "…"
"""Stands in for a text that is missing or no text, so that the rest can be checked.

The fault is told already.
"""

_ROUNDS = 8  # each mends what the one before found; then the table is given up


def read_model(
    model: type[Model], table: object, at: Sequence[Step]
) -> tuple[Model | None, list[ConfigFault]]:
    """The model and no faults; or the faults, and the model of what remains without them, for
    further checks.

    A key that is nearly right is read as the one that was probably meant, so that it makes no
    second fault.
    """
    table = deepcopy(table)
    faults: dict[str, ConfigFault] = {}
    for _ in range(_ROUNDS):
        try:
            return model.model_validate(table), list(faults.values())
        except ValidationError as failure:
            errors = _causes(failure.errors(include_url=False, include_input=False))
        for error in errors:
            steps = _existing(table, error)
            where = format_place((*at, *steps))
            faults.setdefault(where, _fault(model, (*at, *steps), error))
            if not steps:
                return None, list(faults.values())
            _mend(table, steps, model, error)
    return None, list(faults.values())


def _causes(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """The errors to tell first: unknown keys, since what is missing may only be misspelt, else
    those with none inside them.
    """
    unknown = [error for error in errors if error["type"] == "extra_forbidden"]
    inner = [
        error
        for error in errors
        if not any(
            other["loc"][: len(error["loc"])] == error["loc"] != other["loc"] for other in errors
        )
    ]
    return unknown or inner


def _fault(model: type[BaseModel], steps: Sequence[Step], error: ErrorDetails) -> ConfigFault:
    where = format_place(steps)
    message, remedy = describe_error(error)
    keys = _keys(model, error["loc"])
    key = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        return ConfigFault(where, message, suggest_name(key, keys, "known keys"))
    if error["type"] == "missing" and key in keys and keys[key].annotation is SecretStr:
        return ConfigFault(where, message, _secret(steps, keys[key].description or ""))
    return ConfigFault(where, message, remedy or (key in keys and keys[key].description) or "")


def _secret(steps: Sequence[Step], description: str) -> str:
    """How to write a secret that is missing: it belongs into the environment."""
    variable = re.sub("[^A-Z0-9]", "_", "_".join(map(str, steps[1:])).upper())
    return f'write {steps[-1]} = "${{{variable}}}"' + (f": {description}" if description else "")


def _existing(table: Any, error: ErrorDetails) -> tuple[Step, ...]:
    """The error's place as far as the file has it: a model may have made a table out of something
    plain.
    """
    *path, last = error["loc"] or ("",)
    steps: list[Step] = []
    for step in path:
        if not _has(table, step):
            return tuple(steps)
        table = table[step]
        steps.append(step)
    return (
        (*steps, last)
        if _has(table, last) or (error["type"] == "missing" and isinstance(table, dict))
        else tuple(steps)
    )


def _has(table: object, step: Step) -> bool:
    if isinstance(table, list):
        return isinstance(step, int) and step < len(table)
    return isinstance(table, dict) and step in table


def _mend(table: Any, steps: Sequence[Step], model: type[BaseModel], error: ErrorDetails) -> None:
    """Take the fault out of the table. Items of a list keep their index."""
    *path, last = steps
    for step in path:
        table = table[step]
    if error["type"] == "missing" or isinstance(last, int):
        table[last] = UNREADABLE
        return
    value = table.pop(last, None)
    meant = (
        nearest_name(last, _keys(model, error["loc"]))
        if error["type"] == "extra_forbidden"
        else None
    )
    if meant is not None:
        table.setdefault(meant, value)


def _keys(model: type[BaseModel], loc: Sequence[Step]) -> Mapping[str, FieldInfo]:
    """The keys that the table around this place may hold."""
    for step in loc[:-1]:
        field = model.model_fields.get(str(step))
        if field is not None and (inner := _inner(field.annotation)) is not None:
            model = inner
    return model.model_fields


def _inner(annotation: object) -> type[BaseModel] | None:
    """The model inside an annotation like `tuple[Model, ...]` or `Model | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(
        (inner for argument in get_args(annotation) if (inner := _inner(argument)) is not None),
        None,
    )
