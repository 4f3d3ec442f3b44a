"""What a body holds that its event's schema does not know, or not so: AOM changes its payloads without a word, and the
operator should see it. One pass over the body finds the unknown keys, and tells whether all else is surely as it should be.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from receiver.aom import address
from receiver.aom.faults import LONGEST, printable
from receiver.aom.schema import PAYLOADS, Learner
from receiver.aom.values import Look

MOST = 20  # paths of one event
MORE = "…"  # stands for those beyond


@dataclass(frozen=True, slots=True)
class Known:
    """The keys of one object, or of each object in a list, as a schema knows them. `path` has `[]` for the index of a list."""

    path: str
    is_list: bool
    keys: frozenset[str]
    needed: frozenset[str]
    nested: Mapping[str, "Known"]
    lists: frozenset[str] = frozenset()  # keys of lists, also of those that may hold anything
    glances: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)  # at the values that are no objects and no lists
    texts: frozenset[str] = frozenset()  # keys of those in which HTML's escapes are read
    addresses: frozenset[str] = frozenset()


@dataclass(slots=True)
class Survey:
    """What a pass over a body finds. `sure`: all that is known is surely readable, and what is needed is there."""

    sure: bool = True
    people: list[str] = field(default_factory=list)  # the keys of all whose address is a plain one
    unknown: list[str] = field(default_factory=list)  # paths, unsorted and perhaps repeated
    costly: int = 0  # addresses that are dear to check


@cache
def known(event: str) -> Known:
    return _known(PAYLOADS[event], "")


def survey(raw: Mapping[str, Any], event: str) -> Survey:
    """Look over a body, without reading its values."""
    found = Survey()
    _look_over(raw, known(event), found)
    return found


def shown(paths: list[str]) -> tuple[str, ...]:
    """Sorted, unique, no more and no longer than is good for a list that people read; `…` at its end stands for more."""
    if not paths:
        return ()
    every = sorted({path[:LONGEST] for path in paths})
    return (*every[:MOST], MORE) if len(every) > MOST else tuple(every)


def keys_of(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Each key that the model reads, with the name of its field."""
    for name, info in model.model_fields.items():
        match info.validation_alias:
            case AliasChoices(choices=choices):
                yield from ((str(choice), name) for choice in choices)
            case alias:
                yield str(alias or name), name


def _known(model: type[BaseModel], path: str, *, is_list: bool = False) -> Known:
    keys = dict(keys_of(model))
    fields = model.model_fields
    nested = {key: _nested(fields[name].annotation, f"{path}{key}") for key, name in keys.items()}
    looks = {key: look for key, name in keys.items() if (look := _look(fields[name]))}
    addresses = frozenset({"email"} if issubclass(model, Learner) else ())
    return Known(
        path,
        is_list,
        frozenset(keys),
        frozenset(key for key, name in keys.items() if fields[name].is_required()),
        {key: inner for key, inner in nested.items() if inner},
        frozenset(key for key, name in keys.items() if _is_list(fields[name].annotation)),
        {key: look.sure for key, look in looks.items()},
        frozenset(key for key, look in looks.items() if not look.literal) | addresses,
        addresses,
    )


def _nested(annotation: Any, path: str) -> Known | None:
    """The model inside `Model`, `Model | None`, `list[Model]` or `list[Model] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _known(annotation, f"{path}.", is_list=path.endswith("[]"))
    is_list = get_origin(annotation) is list
    inner = (_nested(part, f"{path}[]" if is_list else path) for part in get_args(annotation))
    return next((found for found in inner if found), None)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(get_origin(part) is list for part in get_args(annotation))


def _look(info: FieldInfo) -> Look | None:
    return next((one for one in info.metadata if isinstance(one, Look)), None)


def _look_over(value: Mapping[str, Any], here: Known, found: Survey) -> None:
    glances, nested = here.glances, here.nested
    for key, item in value.items():
        if glance := glances.get(key):
            if not glance(item):
                found.sure = False
        elif inner := nested.get(key):
            _look_into(item, inner, found, needed=key in here.needed)
        elif key in here.addresses:
            _look_at_address(item, found)
        elif key in here.lists:
            found.sure &= item is None or (type(item) is list and not any(isinstance(one, str) and "&" in one for one in item))
        else:
            found.unknown.append(here.path + printable(key))
    if here.needed and not here.needed <= value.keys():
        found.sure = False


def _look_into(item: Any, inner: Known, found: Survey, *, needed: bool) -> None:
    if type(item) is dict and not inner.is_list:
        _look_over(item, inner, found)
    elif type(item) is list and inner.is_list:
        for one in item:
            if type(one) is dict:
                _look_over(one, inner, found)
            else:
                found.sure = False
        found.sure &= bool(item) or not needed
    elif item is not None or needed:
        found.sure = False


def _look_at_address(item: Any, found: Survey) -> None:
    key = address.key_of_plain(item)
    if key is None:
        found.sure = False
        found.costly += address.is_costly(item)
    else:
        found.people.append(key)
