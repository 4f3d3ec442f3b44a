"""The keys that the schema of an event knows, made ready to look at bodies quickly."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from receiver.aom.payload_schema import PAYLOADS, Learner
from receiver.aom.values.field_types import QuickLook

MOST_OBJECTS = 10_000
"""In a list of what are no people: nobody buys so many line items at once, and each takes a
kilobyte of memory.
"""


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The keys of one object, or of each object in a list, as a schema knows them.

    `path` has `[]` for the index of a list.
    """

    path: str
    is_list: bool
    keys: frozenset[str]
    needed: frozenset[str]
    nested: Mapping[str, "KnownKeys"]
    lists: frozenset[str] = frozenset()  # keys of lists, also of those that may hold anything
    # at the values that are no objects and no lists
    looks: Mapping[str, QuickLook] = field(default_factory=dict)
    texts: frozenset[str] = frozenset()  # keys of those in which HTML's escapes are read
    addresses: frozenset[str] = frozenset()


@cache
def known_keys(event: str) -> KnownKeys:
    return _known(PAYLOADS[event], "")


def keys_of(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Each key that the model reads, with the name of its field."""
    for name, info in model.model_fields.items():
        match info.validation_alias:
            case AliasChoices(choices=choices):
                yield from ((str(choice), name) for choice in choices)
            case alias:
                yield str(alias or name), name


def _known(model: type[BaseModel], path: str, *, is_list: bool = False) -> KnownKeys:
    keys = dict(keys_of(model))
    fields = model.model_fields
    nested = {key: _nested(fields[name].annotation, f"{path}{key}") for key, name in keys.items()}
    looks = {key: look for key, name in keys.items() if (look := _look(fields[name]))}
    addresses = frozenset({"email"} if issubclass(model, Learner) else ())
    return KnownKeys(
        path,
        is_list,
        frozenset(keys),
        frozenset(key for key, name in keys.items() if fields[name].is_required()),
        {key: inner for key, inner in nested.items() if inner},
        frozenset(key for key, name in keys.items() if _is_list(fields[name].annotation)),
        looks,
        frozenset(key for key, look in looks.items() if not look.literal) | addresses,
        addresses,
    )


def _nested(annotation: Any, path: str) -> KnownKeys | None:
    """The model inside `Model`, `Model | None`, `list[Model]` or `list[Model] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _known(annotation, f"{path}.", is_list=path.endswith("[]"))
    is_list = get_origin(annotation) is list
    inner = (_nested(part, f"{path}[]" if is_list else path) for part in get_args(annotation))
    return next((found for found in inner if found), None)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(
        get_origin(part) is list for part in get_args(annotation)
    )


def _look(info: FieldInfo) -> QuickLook | None:
    return next((one for one in info.metadata if isinstance(one, QuickLook)), None)
