"""What a body holds that no schema knows: AOM changes its payloads without a word, and the operator should see it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import AliasChoices, BaseModel

from receiver.aom.faults import LONGEST, printable
from receiver.aom.schema import PAYLOADS

MOST = 20  # paths of one event


@dataclass(frozen=True, slots=True)
class Known:
    """The keys of one object, or of each object in a list, as a schema knows them. `path` has `[]` for the index of a list."""

    path: str
    is_list: bool
    keys: frozenset[str]
    needed: frozenset[str]
    nested: Mapping[str, "Known"]


@cache
def known(event: str) -> Known:
    return _known(PAYLOADS[event], "")


def unknown(raw: Mapping[str, Any], event: str) -> list[str]:
    """The paths of the keys that the event's schema does not know, unsorted and perhaps repeated."""
    found: list[str] = []
    _search(raw, known(event), found)
    return found


def shown(paths: list[str]) -> tuple[str, ...]:
    """Sorted, unique, no more and no longer than is good for a list that people read."""
    return tuple(sorted({path[:LONGEST] for path in paths})[:MOST]) if paths else ()


def keys_of(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Each key that the model reads, with the name of its field."""
    for name, field in model.model_fields.items():
        match field.validation_alias:
            case AliasChoices(choices=choices):
                yield from ((str(choice), name) for choice in choices)
            case alias:
                yield str(alias or name), name


def _known(model: type[BaseModel], path: str, *, is_list: bool = False) -> Known:
    keys = dict(keys_of(model))
    fields = model.model_fields
    nested = {key: _nested(fields[name].annotation, f"{path}{key}") for key, name in keys.items()}
    needed = frozenset(key for key, name in keys.items() if fields[name].is_required())
    return Known(path, is_list, frozenset(keys), needed, {key: inner for key, inner in nested.items() if inner})


def _nested(annotation: Any, path: str) -> Known | None:
    """The model inside `Model`, `Model | None`, `list[Model]` or `list[Model] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _known(annotation, f"{path}.", is_list=path.endswith("[]"))
    is_list = get_origin(annotation) is list
    inner = (_nested(part, f"{path}[]" if is_list else path) for part in get_args(annotation))
    return next((found for found in inner if found), None)


def _search(value: object, here: Known, found: list[str]) -> None:
    if not isinstance(value, dict):
        return
    if not here.keys.issuperset(value):
        found += [here.path + printable(key) for key in value.keys() - here.keys]
    for key, inner in here.nested.items():
        if key in value:
            nested = value[key]
            if not inner.is_list:
                _search(nested, inner, found)
            elif isinstance(nested, list):
                for item in nested:
                    _search(item, inner, found)
