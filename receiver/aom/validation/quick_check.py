"""Tells in one pass of pydantic's core, at half of what Python takes, that a body is as plain as
nearly all are.

Plain is: no key that the schema does not know, all that is needed is there, and each value is in
the form that AOM writes. Of any other body nothing is said: `drift.survey_drift`
looks at it key by key.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pydantic_core import CoreSchema, SchemaValidator, ValidationError
from pydantic_core import core_schema as core

from receiver.aom.validation.known_keys import MOST_OBJECTS, KnownKeys, known_keys
from receiver.aom.values import email_address
from receiver.aom.values.field_types import PLAIN_TEXT

# lists end at the first fault: to note down each of 100,000 would hold Python's lock for half a
# second
_ANYTHING = core.nullable_schema(
    core.list_schema(
        core.union_schema(
            [
                core.is_instance_schema(dict),
                core.nullable_schema(PLAIN_TEXT),
                core.float_schema(strict=True),
                core.bool_schema(strict=True),
                core.is_instance_schema(list),
            ],
            mode="left_to_right",
        ),
        fail_fast=True,
    )
)


def people_of_plain(raw: Mapping[str, Any], event: str) -> list[str] | None:
    """The keys of all people in it, in their order; None where it is not surely plain."""
    read = _reader(event)
    try:
        plain = read(raw)
    except ValidationError:
        return None
    if plain != raw:  # in C, and sooner than to forbid other keys: they are left out of `plain`
        return None
    found = [email_address.key_of_plain(learner["email"]) for learner in learners(event)(raw)]
    return None if None in found else found  # type: ignore[return-value]


@cache
def _reader(event: str) -> Callable[[Any], Any]:
    return SchemaValidator(
        _object(known_keys(event)), core.CoreConfig(strict=True, hide_input_in_errors=True)
    ).validate_python


@cache
def learners(event: str) -> Callable[[Mapping[str, Any]], list[Any]]:
    """How to find those who have an address in a readable body of this event: at its top, or below
    one key of it.
    """
    here = known_keys(event)
    if here.addresses:
        return lambda raw: [raw]
    ((key, inner),) = ((key, inner) for key, inner in here.nested.items() if inner.addresses)
    return (lambda raw: raw[key]) if inner.is_list else lambda raw: [raw[key]]


def _object(here: KnownKeys) -> CoreSchema:
    fields = {
        key: core.typed_dict_field(_value(key, here), required=key in here.needed)
        for key in here.keys
    }
    return core.typed_dict_schema(fields)


def _list(inner: KnownKeys, *, needed: bool) -> CoreSchema:
    most = None if inner.addresses else MOST_OBJECTS
    least = 1 if needed else None
    return core.list_schema(_object(inner), min_length=least, max_length=most, fail_fast=True)


def _value(key: str, here: KnownKeys) -> CoreSchema:
    needed = key in here.needed
    if look := here.looks.get(key):
        return look.plain
    if inner := here.nested.get(key):
        whole = _list(inner, needed=needed) if inner.is_list else _object(inner)
        return whole if needed else core.nullable_schema(whole)
    return core.any_schema() if key in here.addresses else _ANYTHING
